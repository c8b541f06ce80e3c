import { afterEach, expect, test } from '@jest/globals';
import type { Link } from '../../gateway/links/link';
import { createRemoteLink } from '../../gateway/links/remote';
import { AppError } from '../../platform/errors';
import { createManualClock } from '../support/manual-clock';
import { openGateway, type TestSubgraph, toLink } from './gateway-fixture';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const PROFILE: TestSubgraph = {
  name: 'profile',
  sdl: `type Query { profile: Profile people: [Profile!] }
    type Profile @key(fields: "id") { id: ID! name: String facts: Int @inaccessible }`,
  resolvers: {
    Query: {
      profile: () => ({ id: 'p1', name: 'Ann', facts: 7 }),
      people: () => ['p1', 'p2'].map((id) => ({ id, name: id, facts: 1 })),
    },
  },
};
const SEGMENTS: TestSubgraph = {
  name: 'segments',
  sdl: `type Query { segments: [String] } type Segment { id: ID! }
    type Profile @key(fields: "id") { id: ID! segments: [Segment!] must: Int! ids: [ID!] @inaccessible }`,
  resolvers: {
    Query: { segments: () => ['s'] },
    Profile: { segments: () => [{ id: 's' }], must: () => 1, ids: () => ['s'] },
  },
};
const OFFERS: TestSubgraph = {
  name: 'offers',
  sdl: `type Query { offers: Int }
    type Profile @key(fields: "id") {
      id: ID! facts: Int @external ids: [ID!] @external decision: String @requires(fields: "facts ids")
    }`,
  resolvers: {
    Profile: { decision: ({ ids }: { ids: unknown }) => (ids === null ? 'FALLBACK' : `for ${JSON.stringify(ids)}`) },
  },
};

/** A subgraph whose calls end as `execute` says. */
function broken(subgraph: TestSubgraph, execute: Link['execute']): Link {
  return { ...toLink(subgraph), execute };
}
const down = (subgraph: TestSubgraph) =>
  broken(subgraph, async () => {
    throw new AppError('UNAVAILABLE', `The ${subgraph.name} subgraph cannot be reached.`);
  });

async function gatewayOver(subgraphs: readonly (TestSubgraph | Link)[], options = {}) {
  const gateway = await openGateway(subgraphs, options);
  open.push(gateway);
  return gateway;
}

test('Q-4 a subgraph that is down takes only its own part, told at each place with its name', async () => {
  const gateway = await gatewayOver([PROFILE, down(SEGMENTS), OFFERS]);
  const extensions = { code: 'UNAVAILABLE', service: 'segments' };
  expect(await gateway.execute({ query: '{ segments people { name mine: segments { id } } offers }' })).toMatchObject({
    data: {
      segments: null,
      people: [
        { name: 'p1', mine: null },
        { name: 'p2', mine: null },
      ],
      offers: null,
    },
    errors: [
      { path: ['segments'], extensions },
      { path: ['people', 0, 'mine'], extensions, locations: [{ line: 1, column: 26 }] },
      { path: ['people', 1, 'mine'], extensions },
    ],
  });
});

test('Q-4 where what is missing may not be null, its parent goes, and no more', async () => {
  const gateway = await gatewayOver([PROFILE, down(SEGMENTS), OFFERS]);
  const { data, errors } = await gateway.execute({ query: '{ profile { name must } again: profile { name } }' });
  expect(data).toEqual({ profile: null, again: { name: 'Ann' } });
  expect(errors).toMatchObject([{ path: ['profile', 'must'], extensions: { code: 'UNAVAILABLE' } }]);
});

test('Q-4 with segments down the decision is made without them, and the outage is told where it was missed', async () => {
  const gateway = await gatewayOver([PROFILE, down(SEGMENTS), OFFERS]);
  expect(await gateway.execute({ query: '{ profile { decision } }' })).toMatchObject({
    data: { profile: { decision: 'FALLBACK' } },
    errors: [{ path: ['profile'], extensions: { code: 'UNAVAILABLE', service: 'segments' } }],
  });
});

test('a subgraph that hangs is given up at half time, so that what can do without it is still answered', async () => {
  const clock = createManualClock();
  let begun = (): void => {};
  const asked = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let signal: AbortSignal | undefined;
  const hanging = broken(SEGMENTS, (request) => {
    signal = request.signal;
    begun();
    return new Promise(() => {});
  });
  const gateway = await gatewayOver([PROFILE, hanging, OFFERS], { clock, timeoutMs: 2_000 });
  const answer = gateway.execute({ query: '{ profile { name segments { id } decision } }' });
  await asked;
  clock.advance(999);
  expect(signal?.aborted).toBe(false);
  clock.advance(1);
  expect(await answer).toMatchObject({
    data: { profile: { name: 'Ann', segments: null, decision: 'FALLBACK' } },
    errors: [{ path: ['profile', 'segments'], extensions: { code: 'UNAVAILABLE', service: 'segments' } }],
  });
  expect(signal?.aborted).toBe(true);
});

test('what a resolver throws keeps its code; what it did not mean to throw is masked', async () => {
  const gateway = await gatewayOver([
    {
      name: 'a',
      sdl: `type Query { coded: Int plain: Int items: [Item] argument(at: Int): Int }
        type Item { id: ID! ok: Int! fails: Int }`,
      resolvers: {
        Query: {
          coded: () => {
            throw new AppError('LIMIT_EXCEEDED', 'Too many.', { details: { limit: 'things' } });
          },
          plain: () => {
            throw new Error('password=hunter2');
          },
          items: () => [
            { id: '1', ok: 1 },
            { id: '2', ok: null },
          ],
        },
        Item: {
          fails: ({ id }: { id: string }) => {
            if (id === '1') throw new AppError('NOT_FOUND', 'Gone.');
            return 1;
          },
        },
      },
    },
  ]);
  for (let round = 0; round < 10; round++) {
    const { data, errors } = await gateway.execute({ query: '{ coded plain list: items { id fails ok } }' });
    expect(data).toEqual({ coded: null, plain: null, list: [{ id: '1', fails: null, ok: 1 }, null] });
    expect(errors?.map(({ path, extensions: { code } }) => [path, code])).toEqual([
      [['coded'], 'LIMIT_EXCEEDED'],
      [['plain'], 'INTERNAL_SERVER_ERROR'],
      [['list', 0, 'fails'], 'NOT_FOUND'],
      [['list', 1, 'ok'], 'INTERNAL_SERVER_ERROR'],
    ]);
    expect(errors?.[0]).toMatchObject({ message: 'Too many.', extensions: { limit: 'things', service: 'a' } });
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  }
});

test('a value that a subgraph cannot read is the caller’s fault', async () => {
  const gateway = await gatewayOver([
    {
      name: 'a',
      sdl: 'scalar Even type Query { half(of: Even): Int }',
      resolvers: { Query: { half: () => 1 } },
    },
  ]);
  expect(await gateway.execute({ query: 'query ($n: Int!) { half(of: $n) }', variables: { n: 1 } })).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
  expect(await gateway.execute({ query: 'query ($n: Int!) { __typename @include(if: $n) }' })).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
});

test('a subgraph that cannot be reached over HTTP is unavailable', async () => {
  const clock = createManualClock();
  const gone = createRemoteLink({
    name: 'segments',
    url: 'http://127.0.0.1:9/graphql',
    clock,
    sdl: await toLink(SEGMENTS).sdl(),
  });
  const gateway = await gatewayOver([PROFILE, gone, OFFERS], { clock });
  expect(await gateway.execute({ query: '{ profile { name segments { id } } }' })).toMatchObject({
    data: { profile: { name: 'Ann', segments: null } },
    errors: [{ path: ['profile', 'segments'], extensions: { code: 'UNAVAILABLE', service: 'segments' } }],
  });
});

test('rows that a reference resolver keeps are not changed by an answer', async () => {
  const kept = Object.freeze({ deep: Object.freeze({ list: Object.freeze([1, 2]) }) });
  const gateway = await gatewayOver([
    PROFILE,
    {
      name: 'json',
      sdl: 'scalar JSON type Profile @key(fields: "id") { id: ID! body: JSON }',
      resolvers: { Profile: { body: () => kept } },
    },
  ]);
  const { data } = await gateway.execute({ query: '{ people { body } profile { body } }' });
  expect(data).toEqual({ people: [{ body: kept }, { body: kept }], profile: { body: kept } });
});

test('an operation that is compiled answers as before it was', async () => {
  const subgraph: TestSubgraph = {
    name: 'a',
    sdl: 'type Query { sum(of: [Int!]!, plus: Int = 1): Int me: P } type P @key(fields: "id") { id: ID! label(n: Int): String }',
    resolvers: {
      Query: {
        sum: (_: unknown, { of, plus }: { of: number[]; plus: number }) => of.reduce((a, b) => a + b, plus),
        me: () => ({ id: '1' }),
      },
      P: { label: async ({ id }: { id: string }, { n }: { n?: number }) => `${id}/${n}` },
    },
  };
  const gateway = await gatewayOver([toLink(subgraph, { compileAfter: 1 })]);
  const query = 'query ($of: [Int!]!, $n: Int) { sum(of: $of) more: sum(of: [1], plus: 5) me { label(n: $n) } }';
  for (const n of [1, 2, 3]) {
    expect(await gateway.execute({ query, variables: { of: [n, n], n } })).toEqual({
      data: { sum: 2 * n + 1, more: 6, me: { label: `1/${n}` } },
    });
  }
  expect(await gateway.execute({ query, variables: { of: ['x'] } })).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
});
