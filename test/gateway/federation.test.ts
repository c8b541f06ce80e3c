import { afterEach, expect, test } from '@jest/globals';
import type { Gateway } from '../../gateway/gateway';
import { openGateway, type TestSubgraph, toLink } from './gateway-fixture';

const open: Gateway[] = [];
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
});

async function askOnce(subgraphs: readonly TestSubgraph[], query: string, variables: Record<string, unknown> = {}) {
  const gateway = await openGateway(subgraphs);
  open.push(gateway);
  return gateway.execute({ query, variables });
}

/** The answer of resolvers that are run as they come, which compiled ones must give too. */
async function ask(subgraphs: readonly TestSubgraph[], query: string, variables: Record<string, unknown> = {}) {
  const answer = await askOnce(subgraphs, query, variables);
  const compiled = await openGateway(subgraphs.map((subgraph) => toLink(subgraph, { compileAfter: 1 })));
  open.push(compiled);
  expect(await compiled.execute({ query, variables })).toEqual(answer);
  return answer;
}

const byId = <T extends { readonly id: string }>(rows: readonly T[]) => ({
  __resolveReference: ({ id }: { id: string }) =>
    rows.find((row) => row.id === id) && { ...rows.find((row) => row.id === id) },
});

test('keys that several subgraphs must give are gathered on the way', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: 'type Query { items: [Item] } type Item @key(fields: "sku") { sku: ID! }',
        resolvers: { Query: { items: () => [{ sku: 's1' }, { sku: 's2' }] } },
      },
      {
        name: 'b',
        sdl: 'type Item @key(fields: "sku") @key(fields: "id") { sku: ID! id: ID! }',
        resolvers: {
          Item: { __resolveReference: ({ sku }: { sku: string }) => (sku === 's1' ? { sku, id: 'i1' } : null) },
        },
      },
      {
        name: 'c',
        sdl: 'type Item @key(fields: "id") { id: ID! price: Int }',
        resolvers: { Item: { price: () => 5 } },
      },
    ],
    '{ items { sku price } }',
  );
  expect(answer).toEqual({
    data: {
      items: [
        { sku: 's1', price: 5 },
        { sku: 's2', price: null },
      ],
    },
  });
});

test('a compound key with an object in it finds its entity', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `type Query { user: User } type Organization { id: ID! name: String @shareable }
          type User @key(fields: "id organization { id }") { id: ID! organization: Organization! }`,
        resolvers: { Query: { user: () => ({ id: 'u', organization: { id: 'o' } }) } },
      },
      {
        name: 'b',
        sdl: `type Organization { id: ID! }
          type User @key(fields: "id organization { id }") { id: ID! organization: Organization! label: String }`,
        resolvers: {
          User: {
            label: ({ id, organization }: { id: string; organization: { id: string } }) =>
              `${id} of ${organization.id}`,
          },
        },
      },
    ].map((one, at) =>
      at === 0
        ? { ...one, sdl: one.sdl.replace('id: ID! name', 'id: ID! @shareable name') }
        : { ...one, sdl: one.sdl.replace('{ id: ID! }', '{ id: ID! @shareable }') },
    ),
    '{ user { label } }',
  );
  expect(answer).toEqual({ data: { user: { label: 'u of o' } } });
});

test('what a field requires with an argument comes with that argument, beside the same field with another', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: 'type Query { product: Product } type Product @key(fields: "id") { id: ID! }',
        resolvers: { Query: { product: () => ({ id: 'p' }) } },
      },
      {
        name: 'b',
        sdl: 'type Product @key(fields: "id") { id: ID! price(currency: String): Int }',
        resolvers: {
          Product: { price: (_: unknown, { currency }: { currency: string }) => (currency === 'USD' ? 100 : 90) },
        },
      },
      {
        name: 'c',
        sdl: `type Product @key(fields: "id") {
          id: ID! price(currency: String): Int @external shipping: Int @requires(fields: "price(currency: \\"USD\\")")
        }`,
        resolvers: { Product: { shipping: ({ price }: { price: number }) => price / 10 } },
      },
    ],
    '{ product { price(currency: "EUR") shipping } }',
  );
  expect(answer).toEqual({ data: { product: { price: 90, shipping: 10 } } });
});

test('a required field that is null reaches its subgraph as null', async () => {
  const seen: unknown[] = [];
  const answer = await askOnce(
    [
      {
        name: 'a',
        sdl: 'type Query { p: P } type P @key(fields: "id") { id: ID! w: Int }',
        resolvers: { Query: { p: () => ({ id: '1', w: null }) } },
      },
      {
        name: 'b',
        sdl: 'type P @key(fields: "id") { id: ID! w: Int @external s: String @requires(fields: "w") }',
        resolvers: {
          P: {
            s: (reference: Record<string, unknown>) => {
              seen.push(reference);
              return `w is ${reference.w}`;
            },
          },
        },
      },
    ],
    '{ p { s } }',
  );
  expect(answer).toEqual({ data: { p: { s: 'w is null' } } });
  expect(seen).toEqual([expect.objectContaining({ id: '1', w: null })]);
});

test('provided fields are taken where they are provided', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `type Query { review: Review } type Review { author: User @provides(fields: "name") }
          type User @key(fields: "id") { id: ID! name: String @external }`,
        resolvers: { Query: { review: () => ({ author: { id: 'u', name: 'provided' } }) } },
      },
      {
        name: 'b',
        sdl: 'type User @key(fields: "id") { id: ID! name: String @shareable mail: String }',
        resolvers: { User: { name: () => 'looked up', mail: () => 'm' } },
      },
    ],
    '{ review { author { name mail } } }',
  );
  expect(answer).toEqual({ data: { review: { author: { name: 'provided', mail: 'm' } } } });
});

test('an overridden field is asked of its new owner', async () => {
  const answer = await ask(
    [
      {
        name: 'old',
        sdl: 'type Query { p: P } type P @key(fields: "id") { id: ID! f: String }',
        resolvers: { Query: { p: () => ({ id: '1', f: 'old' }) } },
      },
      {
        name: 'new',
        sdl: 'type P @key(fields: "id") { id: ID! f: String @override(from: "old") }',
        resolvers: { P: { f: () => 'new' } },
      },
    ],
    '{ p { f } }',
  );
  expect(answer).toEqual({ data: { p: { f: 'new' } } });
});

test('what is inaccessible can neither be asked for nor seen, but can be required', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: 'type Query { p: P hidden: Int @inaccessible } type P @key(fields: "id") { id: ID! secret: Int @inaccessible }',
      resolvers: { Query: { p: () => ({ id: '1', secret: 42 }) } },
    },
    {
      name: 'b',
      sdl: 'type P @key(fields: "id") { id: ID! secret: Int @external even: Boolean @requires(fields: "secret") }',
      resolvers: { P: { even: ({ secret }: { secret: number }) => secret % 2 === 0 } },
    },
  ];
  expect(await ask(subgraphs, '{ p { even } }')).toEqual({ data: { p: { even: true } } });
  expect(await ask(subgraphs, '{ p { secret } }')).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
  const { data } = await ask(
    subgraphs,
    '{ __type(name: "P") { fields { name } } __schema { queryType { fields { name } } } }',
  );
  expect(data).toEqual({
    __type: { fields: [{ name: 'id' }, { name: 'even' }] },
    __schema: { queryType: { fields: [{ name: 'p' }] } },
  });
});

test('an enum value that callers may not see is null with an error', async () => {
  const sdl = (values: string) =>
    `enum Kind { ${values} } type User @key(fields: "id") { id: ID! kind: Kind @shareable }`;
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `type Query { users: [User] } ${sdl('REGULAR ADMIN @inaccessible')}`,
        resolvers: {
          Query: {
            users: () => [
              { id: '1', kind: 'REGULAR' },
              { id: '2', kind: 'ADMIN' },
            ],
          },
        },
      },
    ],
    '{ users { id kind } }',
  );
  expect(answer).toMatchObject({
    data: {
      users: [
        { id: '1', kind: 'REGULAR' },
        { id: '2', kind: null },
      ],
    },
    errors: [{ path: ['users', 1, 'kind'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
});

const NODES: readonly TestSubgraph[] = [
  {
    name: 'types',
    sdl: `interface Account @key(fields: "id") { id: ID! }
      type Admin implements Account @key(fields: "id") { id: ID! isMain: Boolean }
      type Regular implements Account @key(fields: "id") { id: ID! }
      type Query { known: [Account] }`,
    resolvers: {
      Query: { known: () => ['u1', 'u3'].map((id) => ({ id })) },
      Account: {
        __resolveType: ({ id }: { id: string }) => (id === 'u3' ? 'Regular' : 'Admin'),
        __resolveReference: ({ id }: { id: string }) => ({ id, isMain: id === 'u1' }),
      },
      Admin: { __resolveReference: ({ id }: { id: string }) => ({ id, isMain: id === 'u1' }) },
    },
  },
  {
    name: 'names',
    sdl: `type Account @key(fields: "id") @interfaceObject { id: ID! name: String }
      type Query { accounts: [Account] }`,
    resolvers: {
      Query: { accounts: () => ['u1', 'u2', 'u3'].map((id) => ({ id, name: `Name ${id}` })) },
      Account: { name: ({ id }: { id: string }) => `Name ${id}` },
    },
  },
];

test('an interface object gives its fields to every type of the interface', async () => {
  expect(await ask(NODES, '{ accounts { name } known { id name } }')).toEqual({
    data: {
      accounts: [{ name: 'Name u1' }, { name: 'Name u2' }, { name: 'Name u3' }],
      known: [
        { id: 'u1', name: 'Name u1' },
        { id: 'u3', name: 'Name u3' },
      ],
    },
  });
});

test('the type behind an interface object is found where it is known', async () => {
  expect(await ask(NODES, '{ accounts { __typename ... on Admin { isMain name } } }')).toEqual({
    data: {
      accounts: [
        { __typename: 'Admin', isMain: true, name: 'Name u1' },
        { __typename: 'Admin', isMain: false, name: 'Name u2' },
        { __typename: 'Regular' },
      ],
    },
  });
});

test('lists of lists keep their form, with holes', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: 'type Query { table: [[P]] } type P @key(fields: "id") { id: ID! }',
        resolvers: { Query: { table: () => [[{ id: '1' }, null], null, [], [{ id: '2' }, { id: '1' }]] } },
      },
      {
        name: 'b',
        sdl: 'type P @key(fields: "id") { id: ID! n: Int! }',
        resolvers: { P: { n: ({ id }: { id: string }) => Number(id) } },
      },
    ],
    '{ table { n } }',
  );
  expect(answer).toEqual({ data: { table: [[{ n: 1 }, null], null, [], [{ n: 2 }, { n: 1 }]] } });
});

test('an entity that stands in several places is asked for once', async () => {
  const asked: unknown[] = [];
  const answer = await askOnce(
    [
      {
        name: 'a',
        sdl: 'type Query { ps: [P] one: P } type P @key(fields: "id") { id: ID! }',
        resolvers: { Query: { ps: () => ['1', '2', '1', '1'].map((id) => ({ id })), one: () => ({ id: '2' }) } },
      },
      {
        name: 'b',
        sdl: 'type P @key(fields: "id") { id: ID! tags: [Tag] } type Tag { name: String }',
        resolvers: {
          P: {
            __resolveReference: (reference: { id: string }) => {
              asked.push(reference.id);
              return { ...reference };
            },
            tags: ({ id }: { id: string }) => [{ name: `t${id}` }],
          },
        },
      },
    ],
    '{ ps { tags { name } } one { tags { name } } }',
  );
  expect(answer).toEqual({
    data: {
      ps: ['t1', 't2', 't1', 't1'].map((name) => ({ tags: [{ name }] })),
      one: { tags: [{ name: 't2' }] },
    },
  });
  expect(asked.sort()).toEqual(['1', '2']);
});

test('the same key in two types of a union is told apart', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `type Query { found: [Found] } union Found = Cat | Dog
          type Cat { sound: Int } type Dog { sound: String }`,
        resolvers: {
          Query: {
            found: () => [
              { __typename: 'Cat', sound: 3 },
              { __typename: 'Dog', sound: 'wuff' },
            ],
          },
        },
      },
    ],
    '{ found { ... on Cat { sound } ... on Dog { noise: sound } __typename } }',
  );
  expect(answer).toEqual({
    data: {
      found: [
        { sound: 3, __typename: 'Cat' },
        { noise: 'wuff', __typename: 'Dog' },
      ],
    },
  });
});

test('mutations run one after another, each with all that others add to it', async () => {
  let counter = 0;
  const answer = await askOnce(
    [
      {
        name: 'a',
        sdl: 'type Query { counter: Counter } type Mutation { add(by: Int!): Counter } type Counter @key(fields: "id") { id: ID! value: Int }',
        resolvers: {
          Mutation: {
            add: (_: unknown, { by }: { by: number }) => {
              counter += by;
              return { id: 'c', value: counter };
            },
          },
        },
      },
      {
        name: 'b',
        sdl: 'type Mutation { double: Int } type Counter @key(fields: "id") { id: ID! seen: Int }',
        resolvers: {
          Mutation: {
            double: () => {
              counter *= 2;
              return counter;
            },
          },
          Counter: { seen: () => counter },
        },
      },
    ],
    'mutation { one: add(by: 1) { value seen } twice: double ... { two: add(by: 5) { ...C } } } fragment C on Counter { value seen }',
  );
  expect(answer).toEqual({ data: { one: { value: 1, seen: 1 }, twice: 2, two: { value: 7, seen: 7 } } });
});

test('variables reach subgraphs with their defaults, enums and input objects', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `enum Role { ADMIN GUEST } input Filter { role: Role = GUEST names: [String!] limit: Int = 3 } scalar Any
          type Query { echo(filter: Filter!, role: Role, any: Any): Any }`,
        resolvers: { Query: { echo: (_: unknown, args: unknown) => args } },
      },
    ],
    'query ($filter: Filter!, $role: Role = ADMIN, $any: Any) { echo(filter: $filter, role: $role, any: $any) literal: echo(filter: { role: ADMIN }, any: { deep: [1, "x", null] }) }',
    { filter: { names: ['x'] }, any: { free: [1, { form: true }] } },
  );
  expect(JSON.parse(JSON.stringify(answer))).toEqual({
    data: {
      echo: { filter: { role: 'GUEST', names: ['x'], limit: 3 }, role: 'ADMIN', any: { free: [1, { form: true }] } },
      literal: { filter: { role: 'ADMIN', limit: 3 }, any: { deep: [1, 'x', null] } },
    },
  });
});

test('an unknown reference is null where that is allowed, and takes its parent where not', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: 'type Query { p: P } type P @key(fields: "id") { id: ID! }',
      resolvers: { Query: { p: () => ({ id: 'gone' }) } },
    },
    {
      name: 'b',
      sdl: 'type P @key(fields: "id") { id: ID! maybe: Int must: Int! }',
      resolvers: { P: { ...byId([]), maybe: () => 1, must: () => 1 } },
    },
  ];
  expect(await ask(subgraphs, '{ p { id maybe } }')).toEqual({ data: { p: { id: 'gone', maybe: null } } });
  expect(await ask(subgraphs, '{ p { id must } }')).toMatchObject({
    data: { p: null },
    errors: [{ path: ['p', 'must'] }],
  });
});

test('a composition that cannot be stops the start with the words of the composer', async () => {
  const subgraphs = [
    { name: 'a', sdl: 'type Query { f: String } type P @key(fields: "id") { id: ID! f: String }' },
    { name: 'b', sdl: 'type P @key(fields: "id") { id: ID! f: Int }' },
  ];
  await expect(openGateway(subgraphs)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('P.f'),
  });
});

test('what one place adds to an entity does not show at another place of the same entity', async () => {
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: 'type Query { first: P second: P } type P @key(fields: "id") { id: ID! }',
        resolvers: { Query: { first: () => ({ id: '1' }), second: () => ({ id: '1' }) } },
      },
      {
        name: 'b',
        sdl: 'type P @key(fields: "id") { id: ID! owners: [U!] } type U @key(fields: "id") { id: ID! }',
        resolvers: { P: { owners: () => [{ id: 'u' }] } },
      },
      {
        name: 'c',
        sdl: 'type U @key(fields: "id") { id: ID! name(loud: Boolean): String }',
        resolvers: { U: { name: (_: unknown, { loud }: { loud: boolean }) => (loud ? 'ANN' : 'Ann') } },
      },
    ],
    '{ first { owners { name: name(loud: true) } } second { owners { name: name(loud: false) } } }',
  );
  expect(answer).toEqual({ data: { first: { owners: [{ name: 'ANN' }] }, second: { owners: [{ name: 'Ann' }] } } });
});

test('an object of which nothing is asked in the end is still there', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: `type Query { thing: Thing! p: P r: R } union Thing = P | Q interface N { n: Int }
        type P implements N { n: Int } type Q { m: Int } type R implements N { n: Int }`,
      resolvers: { Query: { thing: () => ({ __typename: 'P', n: 1 }), p: () => ({ n: 1 }) } },
    },
  ];
  const query =
    'query ($no: Boolean = false) { thing { ... on Q { m } } p { n @include(if: $no) ... @skip(if: true) { n } } other: p @skip(if: true) { n } }';
  expect(await ask(subgraphs, query)).toEqual({ data: { thing: {}, p: {} } });
  expect(await ask(subgraphs, '{ p @skip(if: true) { n } }')).toEqual({ data: {} });
  expect(await ask(subgraphs, query, { no: true })).toEqual({ data: { thing: {}, p: { n: 1 } } });
  expect(await ask(subgraphs, '{ thing { ... on P { ... on N { ... on R { n } } } } }')).toEqual({
    data: { thing: {} },
  });
});

test('a caller may call anything by the name of a key, or of what others require', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: 'type Query { p: P } type P @key(fields: "id") { id: ID! label: String weight: Int }',
      resolvers: { Query: { p: () => ({ id: '1', label: 'one', weight: 7 }) } },
    },
    {
      name: 'b',
      sdl: 'type P @key(fields: "id") { id: ID! weight: Int @external told: String @requires(fields: "weight") }',
      resolvers: { P: { told: ({ id, weight }: { id: string; weight: number }) => `${id} weighs ${weight}` } },
    },
  ];
  expect(await ask(subgraphs, '{ p { id: label weight: label told } }')).toEqual({
    data: { p: { id: 'one', weight: 'one', told: '1 weighs 7' } },
  });
  expect(await ask(subgraphs, '{ p { __typename: label told: id label: told } }')).toEqual({
    data: { p: { __typename: 'one', told: '1', label: '1 weighs 7' } },
  });
});

test('a requirement is met on the way back to its own type, where only one of several keys is known', async () => {
  const row = (id: string) => ({ id, code: `C-${id}`, weight: 3 });
  const answer = await ask(
    [
      {
        name: 'a',
        sdl: `type Query { p: P } type P @key(fields: "id") @key(fields: "code") {
          id: ID! code: ID! weight: Int! @external told: String @requires(fields: "weight")
        }`,
        resolvers: {
          Query: { p: () => row('1') },
          P: { told: ({ weight }: { weight: number }) => `weighs ${weight}` },
        },
      },
      {
        name: 'b',
        sdl: 'type P @key(fields: "id") { id: ID! weight: Int! next: P! }',
        resolvers: { P: { __resolveReference: ({ id }: { id: string }) => row(id), next: () => row('2') } },
      },
    ],
    '{ p { next { told } } }',
  );
  expect(answer).toEqual({ data: { p: { next: { told: 'weighs 3' } } } });
});
