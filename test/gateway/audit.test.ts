import { afterEach, expect, test } from '@jest/globals';
import type { Gateway } from '../../gateway/gateway';
import { openGateway, type TestSubgraph } from './gateway-fixture';

/* Graphs of the kinds that other people's federation suites ask about, each with what is easily got wrong. */

const open: Gateway[] = [];
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
});

async function ask(subgraphs: readonly TestSubgraph[], query: string) {
  const gateway = await openGateway(subgraphs);
  open.push(gateway);
  return gateway.execute({ query });
}

type Row = Readonly<Record<string, unknown>>;
const refer = (rows: readonly Row[], key = 'id') => ({
  __resolveReference: (given: Row) => {
    const row = rows.find((one) => one[key] === given[key]);
    return row ? { ...row, ...given } : null;
  },
});

const ITEMS = ['b1', 'b2', 'm1'].map((id) => ({ __typename: id.startsWith('b') ? 'Book' : 'Magazine', id }));
const REVIEWED = (type: string) => `type ${type} implements Product @key(fields: "id") {
  id: ID! score: Float! similar: [${type}] @external reviewsOfSimilar: [Review!]! @requires(fields: "similar { id }")
}`;
const reviewed = {
  ...refer(ITEMS),
  score: ({ id }: Row) => String(id).length,
  reviewsOfSimilar: ({ similar }: Row) =>
    (similar as Row[]).map(({ id }) => ({ product: ITEMS.find((item) => item.id === id) })),
};

test('an interface is answered below a field that requires others of one of its types', async () => {
  const similar = ({ id }: Row) => ITEMS.filter((item) => item.id !== id && item.id[0] === String(id)[0]);
  const answer = await ask(
    [
      {
        name: 'products',
        sdl: `type Query { products: [Product] } interface Product { id: ID! }
          type Book implements Product @key(fields: "id") { id: ID! similar: [Book] }
          type Magazine implements Product @key(fields: "id") { id: ID! similar: [Magazine] }`,
        resolvers: {
          Query: { products: () => ITEMS },
          Book: { ...refer(ITEMS), similar },
          Magazine: { ...refer(ITEMS), similar },
        },
      },
      {
        name: 'reviews',
        sdl: `interface Product { id: ID! score: Float! reviewsOfSimilar: [Review!]! } type Review { product: Product }
          ${REVIEWED('Book')} ${REVIEWED('Magazine')}`,
        resolvers: { Book: reviewed, Magazine: reviewed },
      },
    ],
    '{ products { id ... on Book { reviewsOfSimilar { product { id score ... on Magazine { id } } } } } }',
  );
  expect(answer).toEqual({
    data: {
      products: [
        { id: 'b1', reviewsOfSimilar: [{ product: { id: 'b2', score: 2 } }] },
        { id: 'b2', reviewsOfSimilar: [{ product: { id: 'b1', score: 2 } }] },
        { id: 'm1' },
      ],
    },
  });
});

test('an interface object is told what it requires, wherever it was found', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: `type Query { users: [Named!]! } interface Named @key(fields: "id") { id: ID! name: String }
        type User implements Named @key(fields: "id") { id: ID! name: String age: Int }`,
      resolvers: {
        Query: { users: () => [{ __typename: 'User', id: 'u1', name: 'Ann', age: 3 }] },
        Named: { __resolveReference: ({ id }: Row) => ({ __typename: 'User', id, name: 'Ann', age: 3 }) },
        User: { __resolveReference: ({ id }: Row) => ({ id, name: 'Ann', age: 3 }) },
      },
    },
    {
      name: 'b',
      sdl: `type Query { others: [Named] }
        type Named @key(fields: "id") @interfaceObject {
          id: ID! name: String @external greeting: String @requires(fields: "name")
        }`,
      resolvers: {
        Query: { others: () => [{ id: 'u1' }] },
        Named: { greeting: ({ name }: Row) => `Hello ${name}` },
      },
    },
  ];
  expect(await ask(subgraphs, '{ others { greeting ... on User { age } } users { greeting } }')).toEqual({
    data: { others: [{ greeting: 'Hello Ann', age: 3 }], users: [{ greeting: 'Hello Ann' }] },
  });
});

test('a key that a subgraph only passes on is asked of the subgraph that owns it', async () => {
  const account = { __typename: 'Account', id: 'a1', username: 'ann' };
  const chat = { __typename: 'Chat', id: 'c1', text: 'hi' };
  const subgraphs = [
    {
      name: 'a',
      sdl: `interface Node { id: ID! } type Query { node(id: ID!): Node @shareable }
        type Account implements Node @key(fields: "id") { id: ID! username: String! }
        type Chat implements Node @key(fields: "id") { id: ID! @external account: Account! }`,
      resolvers: {
        Query: { node: (_: unknown, { id }: Row) => (id === 'a1' ? account : { ...chat, id: 'never' }) },
        Chat: { __resolveReference: ({ id }: Row) => ({ id }), account: () => account },
      },
    },
    {
      name: 'b',
      sdl: `interface Node { id: ID! } type Query { node(id: ID!): Node @shareable chat(id: ID!): Chat }
        type Account implements Node @key(fields: "id") { id: ID! @external chats: [Chat!]! }
        type Chat implements Node @key(fields: "id") { id: ID! text: String! }`,
      resolvers: {
        Query: {
          node: (_: unknown, { id }: Row) => (id === 'c1' ? chat : { ...account, id: 'never' }),
          chat: () => chat,
        },
        Account: { __resolveReference: ({ id }: Row) => ({ id }), chats: () => [chat] },
      },
    },
  ];
  expect(
    await ask(
      subgraphs,
      `{ account: node(id: "a1") { ... on Account { id username } } chat: node(id: "c1") { ... on Chat { id text } }
        none: node(id: "a1") { ... on Chat { id } } again: chat(id: "c1") { id account { id chats { id } } } }`,
    ),
  ).toEqual({
    data: {
      account: { id: 'a1', username: 'ann' },
      chat: { id: 'c1', text: 'hi' },
      none: {},
      again: { id: 'c1', account: { id: 'a1', chats: [{ id: 'c1' }] } },
    },
  });
});

test('what a subgraph does not know on the way to a key of another is null there, beside its neighbours', async () => {
  const subgraphs = [
    {
      name: 'a',
      sdl: 'type Query { boxes: [Box] } type Box { book: Book } type Book @key(fields: "upc") { upc: ID! }',
      resolvers: { Query: { boxes: () => ['b1', 'b2'].map((upc) => ({ book: { upc } })) } },
    },
    {
      name: 'b',
      sdl: 'type Book @key(fields: "id") @key(fields: "upc") { id: ID! upc: ID! }',
      resolvers: { Book: refer([{ id: '1', upc: 'b1' }], 'upc') },
    },
    {
      name: 'c',
      sdl: 'type Book @key(fields: "id") { id: ID! author: Author } type Author { name: String }',
      resolvers: {
        Book: {
          __resolveReference: ({ id }: Row) => {
            if (id === '1') return { id, author: { name: 'Alice' } };
            throw new Error('Invalid reference');
          },
        },
      },
    },
  ];
  expect(await ask(subgraphs, '{ boxes { book { upc author { name } } } }')).toEqual({
    data: {
      boxes: [{ book: { upc: 'b1', author: { name: 'Alice' } } }, { book: { upc: 'b2', author: null } }],
    },
  });
});

test('a shared root field is asked of every subgraph that has a part of its answer', async () => {
  const part = (name: string) => ({
    name,
    sdl: `type Query { products: [Product!]! @shareable } type Product { id: ID! @shareable ${name}: Part_${name}! }
      type Part_${name} { id: ID! }`,
    resolvers: { Query: { products: () => ['p1', 'p2'].map((id) => ({ id, [name]: { id: `${name} of ${id}` } })) } },
  });
  expect(await ask([part('price'), part('category')], '{ products { id price { id } category { id } } }')).toEqual({
    data: {
      products: ['p1', 'p2'].map((id) => ({
        id,
        price: { id: `price of ${id}` },
        category: { id: `category of ${id}` },
      })),
    },
  });
});

test('provided fields are asked for where they are provided, at any depth, and only when a caller wants them', async () => {
  const subgraphs = [
    {
      name: 'category',
      sdl: `type Query { products: [Product] @provides(fields: "categories { id name subCategories { id name } }") }
        type Product @key(fields: "id") { id: ID! categories: [Category] @external }
        type Category @key(fields: "id") { id: ID! name: String subCategories: [Category] @external }`,
      resolvers: {
        Query: {
          products: () => [{ id: 'p', categories: [{ id: 'c', name: 'C', subCategories: [{ id: 's', name: 'S' }] }] }],
        },
        Category: {
          __resolveReference: () => {
            throw new Error('Not to be looked up.');
          },
        },
      },
    },
    {
      name: 'subcategories',
      sdl: `type Product @key(fields: "id") { id: ID! categories: [Category] @shareable }
        type Category @key(fields: "id") { id: ID! subCategories: [Category] @shareable }`,
      resolvers: {
        Product: {
          __resolveReference: () => {
            throw new Error('Not to be looked up.');
          },
        },
      },
    },
  ];
  expect(await ask(subgraphs, '{ products { id categories { id name subCategories { name } } } }')).toEqual({
    data: { products: [{ id: 'p', categories: [{ id: 'c', name: 'C', subCategories: [{ name: 'S' }] }] }] },
  });
});
