import { buildSchema, type GraphQLSchema, isInterfaceType, isObjectType, isUnionType, Kind, parse } from 'graphql';
import { AppError } from '../../platform/errors';
import type { TestSubgraph } from './gateway-fixture';

type Row = Record<string, unknown> & { readonly __typename: string; readonly id: string };
type Resolve = (row: Row, args: Record<string, unknown>) => unknown;

const USERS = ['u1', 'u2', 'u3', 'u4'];
const THINGS = ['b1', 'b2', 't1', 't2', 't3'];

/** All there is to know: objects with their plain values. */
const ROWS: readonly Row[] = [
  ...USERS.map((id, at) => ({
    __typename: 'User',
    id,
    name: at === 1 ? null : `Name ${id}`,
    role: ['ADMIN', 'GUEST', null, 'ADMIN'][at],
    address:
      at === 2 ? null : { street: `Street ${at}`, city: { name: `City ${at % 2}`, zip: at === 3 ? null : 8000 + at } },
    salary: at === 0 ? null : at * 1000.5,
  })),
  ...['b1', 'b2'].map((id, at) => ({
    ...{
      __typename: 'Book',
      id,
      sku: `S-${id}`,
      title: `Book ${id}`,
      pages: at === 1 ? null : 100,
      weight: at === 1 ? null : 3,
    },
    box: { height: at + 1, width: at === 0 ? null : 5 },
  })),
  ...['t1', 't2', 't3'].map((id, at) => ({
    ...{ __typename: 'Toy', id, sku: `S-${id}`, title: at === 2 ? null : `Toy ${id}`, age: at, weight: at * 2 },
    box: at === 1 ? null : { height: at + 10, width: at },
  })),
  ...['r1', 'r2', 'r3', 'r4', 'r5', 'r6'].map((id, at) => ({
    ...{ __typename: 'Review', id, body: at === 3 ? null : `Body ${id}`, stars: at % 6 },
    authorId: USERS[at % USERS.length],
    subjectId: THINGS[at % THINGS.length],
  })),
];

const byId = new Map(ROWS.map((row) => [row.id, row]));
const get = (id: unknown): Row | null => byId.get(String(id)) ?? null;
const reviews = (keep: (row: Row) => boolean) => ROWS.filter((row) => row.__typename === 'Review' && keep(row));
const fails = (what: string): never => {
  throw new AppError('CONFLICT', `${what} cannot be told.`);
};

/** How fields are told that are no plain values: the same for the one schema and for the subgraphs. */
const FIELDS: Readonly<Record<string, Resolve>> = {
  'Query.me': () => get('u1'),
  'Query.user': (_, { id }) => get(id),
  'Query.users': () => USERS.map(get),
  'Query.maybeUsers': () => [get('u2'), null, get('u4')],
  'Query.search': (_, { first }) => ['b1', 'u2', 't1', 'u3', 'b2'].slice(0, Number(first)).map(get),
  'Query.products': () => THINGS.map(get),
  'Query.book': (_, { sku }) => ROWS.find((row) => row.__typename === 'Book' && row.sku === sku) ?? null,
  'Query.topReview': () => get('r1'),
  'Query.broken': () => fails('Query.broken'),
  'Query.brokenList': () => [get('u1'), new AppError('NOT_FOUND', 'Nobody is here.'), get('u2')],
  'User.nickname': ({ id }) => (id === 'u3' ? fails('A nickname') : `Nick ${id}`),
  'User.greeting': ({ id }, { word, loud }) => `${word} ${id}${loud ? '!' : ''}`,
  'User.friends': ({ id }) => USERS.filter((other) => other !== id).map(get),
  'User.table': ({ id }) => [[get(id), null], [], null, [get('u4'), get('u3')]],
  'User.manager': ({ id }) => (id === 'u1' ? null : get('u1')),
  'User.reviews': ({ id }, { atLeast }) =>
    reviews((row) => row.authorId === id && Number(row.stars) >= Number(atLeast)),
  'User.favourite': ({ id }) => get(THINGS[USERS.indexOf(id)]),
  'User.taxes': ({ salary }) => (salary === null || salary === undefined ? null : Number(salary) / 4),
  'Book.reviews': ({ id }) => reviews((row) => row.subjectId === id),
  'Toy.reviews': ({ id }) => reviews((row) => row.subjectId === id),
  'Book.price': ({ id }, { currency }) => (id === 'b2' ? null : currency === 'EUR' ? 9.5 : 12),
  'Toy.price': ({ id }, { currency }) => (id === 't3' ? fails('A price') : currency === 'EUR' ? 4.5 : 6),
  'Book.shipping': ({ weight, box }) =>
    weight === null ? null : `${weight} in ${(box as { height?: number } | null)?.height}`,
  'Toy.shipping': ({ weight, box }) => `${weight} in ${(box as { height?: number } | null)?.height}`,
  'Book.shelf': ({ id }) => (id === 'b2' ? null : `Shelf of ${id}`),
  'Review.archived': ({ id }) => (id === 'r5' ? fails('The archive') : id === 'r1'),
  'Query.oldest': () => get('b1'),
  'Toy.stock': ({ id }) => (id === 't2' ? fails('A stock') : 7),
  'Review.author': ({ authorId }) => get(authorId),
  'Review.subject': ({ subjectId }) => get(subjectId),
  'Review.words': ({ body }) => (body === null ? fails('Words') : String(body).split(' ')),
};

const SDL: Readonly<Record<string, string>> = {
  accounts: `
    enum Role { ADMIN GUEST }
    interface Node { id: ID! }
    interface Named implements Node { id: ID! name: String }
    type City @shareable { name: String! zip: Int }
    type Address @shareable { street: String city: City! }
    type Query { me: User user(id: ID!): User users: [User!]! maybeUsers: [User] broken: Int brokenList: [User] }
    type User implements Node & Named @key(fields: "id") {
      id: ID! name: String nickname: String! role: Role address: Address salary: Float @inaccessible
      greeting(word: String! = "Hello", loud: Boolean): String! friends: [User!]! table: [[User]] manager: User
    }`,
  products: `
    interface Node { id: ID! }
    interface Product implements Node { id: ID! title: String price(currency: String = "CHF"): Float }
    union Found = Book | Toy | User
    type Box { height: Int! width: Int }
    type Query { search(first: Int! = 3): [Found] products: [Product!] book(sku: String!): Book }
    type Book implements Node & Product @key(fields: "id") @key(fields: "sku") {
      id: ID! sku: String! title: String price(currency: String = "CHF"): Float pages: Int weight: Int box: Box
    }
    type Toy implements Node & Product @key(fields: "id sku") {
      id: ID! sku: String! title: String price(currency: String = "CHF"): Float age: Int! weight: Int! @inaccessible box: Box
      stock: Int!
    }
    type User @key(fields: "id") { id: ID! favourite: Product }`,
  reviews: `
    interface Node { id: ID! }
    union Subject = Book | Toy
    type Query { topReview: Review }
    type Review implements Node @key(fields: "id") {
      id: ID! body: String stars: Int! words: [String!] author: User @provides(fields: "name") subject: Subject!
    }
    type User @key(fields: "id") { id: ID! name: String @external reviews(atLeast: Int = 0): [Review!] }
    type Book @key(fields: "sku") { sku: String! reviews: [Review!]! }
    type Toy @key(fields: "id sku") { id: ID! sku: String! reviews: [Review!]! }`,
  money: `
    type Box { height: Int! @external }
    type User @key(fields: "id") { id: ID! salary: Float @external taxes: Float @requires(fields: "salary") }
    type Book @key(fields: "sku") {
      sku: String! weight: Int @external box: Box @external shipping: String @requires(fields: "weight box { height }")
    }
    type Toy @key(fields: "id sku") {
      id: ID! sku: String! weight: Int! @external box: Box @external
      shipping: String! @requires(fields: "weight box { height }")
    }`,
  archive: `
    type Book @key(fields: "id") { id: ID! shelf: String }
    type Review @key(fields: "id") { id: ID! archived: Boolean! }
    type Query { oldest: Book }`,
};

/** Five subgraphs over the same rows. */
export const ORACLE_SUBGRAPHS: readonly TestSubgraph[] = Object.entries(SDL).map(([name, sdl]) => ({
  name,
  sdl,
  resolvers: toResolvers(name, sdl),
}));

function toResolvers(name: string, sdl: string): Record<string, Record<string, unknown>> {
  const resolvers: Record<string, Record<string, unknown>> = {};
  for (const definition of parse(sdl).definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      resolvers[definition.name.value] = { __resolveType: (row: Row) => row.__typename };
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    const fields: Record<string, unknown> = {};
    const external: string[] = [];
    for (const { name: field, directives } of definition.fields ?? []) {
      if (directives?.some((directive) => directive.name.value === 'external')) external.push(field.value);
      const resolve = FIELDS[`${type}.${field.value}`];
      if (resolve) fields[field.value] = resolve;
    }
    if (byId.size > 0 && ROWS.some((row) => row.__typename === type)) {
      fields.__resolveReference = (reference: Record<string, unknown>) => lookUp(name, type, reference, external);
    }
    resolvers[type] = fields;
  }
  return resolvers;
}

/** A subgraph knows an entity by the keys it is given, and what is external only from there. */
function lookUp(name: string, type: string, reference: Record<string, unknown>, external: readonly string[]): unknown {
  const by = 'id' in reference ? 'id' : 'sku';
  const row = ROWS.find((one) => one.__typename === type && one[by] === reference[by]);
  if (!row) return null;
  const known: Record<string, unknown> = { ...row };
  if (name !== 'reviews') for (const field of external) delete known[field];
  return { ...known, ...reference };
}

/** One schema with everything in it, answered by graphql-js alone. */
export function createOracle(apiSdl: string): GraphQLSchema {
  const schema = buildSchema(apiSdl);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isUnionType(type) || isInterfaceType(type)) type.resolveType = (row: Row) => row.__typename;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = FIELDS[`${type.name}.${field.name}`];
      if (resolve) field.resolve = (row, args) => resolve(row as Row, args);
    }
  }
  return schema;
}
