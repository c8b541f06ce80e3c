import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Gateway } from '../../gateway/gateway';
import { GRANTS, rightsOf } from '../../gateway/rights';
import type { Scope } from '../../platform/graphql/request-context';
import { openGateway, type TestSubgraph } from './gateway-fixture';

const SCOPES: readonly Scope[] = ['public', 'server', 'admin', 'privacy'];
const keys = SCOPES.map((scope) => ({
  scope,
  sandbox: 'default',
  sha256: createHash('sha256').update(`key of ${scope}`).digest('hex'),
}));

const asked: string[] = [];
const note = <T>(field: string, value: T): T => {
  asked.push(field);
  return value;
};
const SUBGRAPHS: readonly TestSubgraph[] = [
  {
    name: 'profile',
    sdl: `scalar JSONObject
      interface Node { id: ID! }
      interface Described { attributes: JSONObject }
      type Query { profile(identity: String): Profile profileById(id: ID!): Profile node: Node described: Described newThing: Int privacyJob: PrivacyJob }
      type Mutation { collect: CollectPayload putSegment: Int createPrivacyJob: PrivacyJob }
      type Subscription { segmentQualificationChanged: Qualified! ticks: Int! }
      type Qualified { profile: Profile }
      type CollectPayload { ecid: String profile: Profile }
      type PrivacyJob { id: ID! }
      type Profile implements Node & Described @key(fields: "id revision") {
        id: ID! revision: Int! attributes: JSONObject consents: [String!]! facts: JSONObject @inaccessible
      }`,
    resolvers: {
      Query: {
        profile: () => note('profile', { id: 'p1', revision: 1 }),
        profileById: () => note('profileById', { id: 'p1', revision: 1 }),
        node: () => ({ __typename: 'Profile', id: 'p1', revision: 1 }),
        described: () => ({ __typename: 'Profile', id: 'p1', revision: 1 }),
        newThing: () => note('newThing', 1),
        privacyJob: () => note('privacyJob', { id: 'j' }),
      },
      Mutation: {
        collect: () => note('collect', { ecid: 'e', profile: { id: 'p1', revision: 2 } }),
        putSegment: () => note('putSegment', 1),
        createPrivacyJob: () => note('createPrivacyJob', { id: 'j' }),
      },
      Subscription: {
        segmentQualificationChanged: {
          subscribe: async function* () {
            yield { segmentQualificationChanged: { profile: { id: 'p1', revision: 1 } } };
          },
        },
        ticks: {
          subscribe: async function* () {
            yield { ticks: note('ticks', 1) };
          },
        },
      },
      Profile: {
        attributes: () => note('attributes', { name: 'Ann' }),
        consents: () => note('consents', ['x']),
        facts: () => ({ tier: 'gold' }),
      },
    },
  },
  {
    name: 'offers',
    sdl: `scalar JSONObject
      type Decision { id: ID! }
      type Profile @key(fields: "id revision") {
        id: ID! revision: Int! facts: JSONObject @external decisions: [Decision!] @requires(fields: "facts")
      }`,
    resolvers: { Profile: { decisions: ({ facts }: { facts: { tier: string } }) => [{ id: facts.tier }] } },
  },
];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway(SUBGRAPHS, { authorize: 'keys', keys });
});
afterAll(() => gateway.close());
beforeEach(() => void asked.splice(0));

const ask = (scope: Scope, query: string) => gateway.execute({ query, key: `key of ${scope}` });
const forbidden = (...path: (string | number)[]) =>
  expect.objectContaining({ path, extensions: { code: 'FORBIDDEN' } });

test('no key, an unknown key and a wrong scheme are UNAUTHENTICATED', async () => {
  const refused = { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] };
  expect(await gateway.execute({ query: '{ __typename }' })).toMatchObject(refused);
  expect(await gateway.execute({ query: '{ __typename }', key: 'key of nobody' })).toMatchObject(refused);
  const { url } = await gateway.listen(0);
  for (const authorization of ['', 'key of public', 'Basic key', 'Bearer nobody']) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject(refused);
  }
});

test.each([
  '{ profile { id attributes decisions { id } } }',
  '{ profile { id ... on Profile { attributes } decisions { id } } }',
  '{ profile { ...F decisions { id } } } fragment F on Profile { id ...G } fragment G on Profile { attributes }',
  'query ($no: Boolean = false) { profile { id attributes @skip(if: $no) decisions { id } } }',
])(
  'Q-5 a forbidden field is null with FORBIDDEN at its path, never fetched, and the rest is answered: %s',
  async (query) => {
    expect(await ask('public', query)).toEqual({
      data: { profile: { id: 'p1', attributes: null, decisions: [{ id: 'gold' }] } },
      errors: [forbidden('profile', 'attributes')],
    });
    expect(asked).toEqual(['profile']);
  },
);

test('Q-5 an alias hides nothing, and a forbidden field that may not be null takes its parent', async () => {
  expect(await ask('public', '{ a: profile { id x: attributes } b: profile { id consents } }')).toEqual({
    data: { a: { id: 'p1', x: null }, b: null },
    errors: [forbidden('a', 'x'), forbidden('b', 'consents')],
  });
  expect(asked).not.toContain('attributes');
  expect(asked).not.toContain('consents');
});

test('Q-5 an interface gives no way around', async () => {
  expect(await ask('public', '{ node { ... on Profile { id attributes } } described { attributes } }')).toEqual({
    data: { node: null, described: null },
    errors: [forbidden('node'), forbidden('described')],
  });
  expect(await ask('admin', '{ node { id } described { attributes } }')).toMatchObject({
    data: { node: { id: 'p1' }, described: { attributes: { name: 'Ann' } } },
  });
});

test('Q-5 under a mutation the same holds, and forbidden mutations do nothing', async () => {
  expect(
    await ask('public', 'mutation { collect { ecid profile { id attributes decisions { id } } } putSegment }'),
  ).toEqual({
    data: {
      collect: { ecid: 'e', profile: { id: 'p1', attributes: null, decisions: [{ id: 'gold' }] } },
      putSegment: null,
    },
    errors: [forbidden('collect', 'profile', 'attributes'), forbidden('putSegment')],
  });
  expect(asked).toEqual(['collect']);
});

test('Q-5 a subscription that is forbidden never begins; one that is not shows no more than a query', async () => {
  expect(await gateway.subscribe({ query: 'subscription { ticks }', key: 'key of server' })).toEqual({
    errors: [forbidden('ticks')],
  });
  expect(asked).toEqual([]);
  const stream = await gateway.subscribe({
    query: 'subscription { segmentQualificationChanged { profile { attributes } } }',
    key: 'key of admin',
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error('There is no stream.');
  expect(await stream.next()).toMatchObject({
    value: { data: { segmentQualificationChanged: { profile: { attributes: { name: 'Ann' } } } } },
  });
  await stream.return?.();
});

test('Q-5 a server reads people, an administrator all the rest, and what is new is for administrators', async () => {
  expect(await ask('server', '{ profileById(id: 1) { attributes } newThing }')).toEqual({
    data: { profileById: { attributes: { name: 'Ann' } }, newThing: null },
    errors: [forbidden('newThing')],
  });
  expect(await ask('admin', '{ newThing }')).toEqual({ data: { newThing: 1 } });
});

test('Q-5 privacy jobs are for privacy keys alone, and those have nothing else', async () => {
  for (const scope of ['public', 'server', 'admin'] as const) {
    expect(await ask(scope, '{ privacyJob { id } }')).toEqual({
      data: { privacyJob: null },
      errors: [forbidden('privacyJob')],
    });
  }
  expect(asked).toEqual([]);
  expect(await ask('privacy', 'mutation { createPrivacyJob { id } }')).toEqual({
    data: { createPrivacyJob: { id: 'j' } },
  });
  expect(await ask('privacy', '{ privacyJob { id } profile { id } }')).toEqual({
    data: { privacyJob: { id: 'j' }, profile: null },
    errors: [forbidden('profile')],
  });
});

test('Q-5 each scope has what it lists and what the one before it has', () => {
  const reads = (scope: Scope, type: string, field: string) => rightsOf(scope).mayRead(type, field);
  for (const [listed, grants] of Object.entries(GRANTS)) {
    for (const [type, fields] of Object.entries(grants)) {
      for (const field of fields.split(' ')) {
        const expected = {
          public: [true, true, true],
          server: [undefined, true, true],
          privacy: [false, false, false],
        }[listed];
        SCOPES.slice(0, 3).forEach((scope, at) => {
          if (expected?.[at] !== undefined)
            expect([scope, type, field, reads(scope, type, field)]).toEqual([scope, type, field, expected[at]]);
        });
        expect(reads('privacy', type, field)).toBe(listed === 'privacy' || type === 'Progress');
      }
    }
  }
  for (const closed of ['attributes', 'identities', 'events', 'consents', 'computedAttributes', 'identityLinks']) {
    expect(reads('public', 'Profile', closed)).toBe(false);
    expect(reads('server', 'Profile', closed)).toBe(true);
  }
  for (const closed of ['rule', 'ruleTree', 'members', 'counts'])
    expect(reads('public', 'Segment', closed)).toBe(false);
});
