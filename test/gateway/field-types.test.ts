import { expect, test } from '@jest/globals';
import { parse, print } from 'graphql';
import { composeSupergraph, readSupergraph } from '../../gateway/supergraph';
import { openGateway, type TestSubgraph, withLink } from './gateway-fixture';

const BOOK = { __typename: 'Book', id: 'b1', title: 'Dune', aTitle: 'Dune of a', bTitle: 'Dune of b' };
const MEMBERS = `type Book @key(fields: "id") { id: ID! title: String! @shareable`;

/** Subgraphs of which one answers with a book where the other answers with a union that has books. */
const SUBGRAPHS: readonly TestSubgraph[] = [
  {
    name: 'a',
    sdl: `union Media = Book | Song type Song @key(fields: "id") { id: ID! title: String! @shareable }
      ${MEMBERS} aTitle: String! }
      type Query { viewer: Viewer @shareable } type Viewer { media: Media @shareable book: Book @shareable }`,
    resolvers: { Query: { viewer: () => ({ media: BOOK, book: BOOK }) }, Book: { __resolveReference: () => BOOK } },
  },
  {
    name: 'b',
    sdl: `union Media = Book | Movie type Movie @key(fields: "id") { id: ID! title: String! @shareable }
      ${MEMBERS} bTitle: String! }
      type Query { viewer: Viewer @shareable } type Viewer { media: Media @shareable book: Media @shareable }`,
    resolvers: { Query: { viewer: () => ({ media: BOOK, book: BOOK }) }, Book: { __resolveReference: () => BOOK } },
  },
];

test('a field that one subgraph types as a part of the union of another is planned: a graph composed wrongly ended the process', async () => {
  const gateway = await openGateway(SUBGRAPHS);
  const query =
    '{ viewer { book { ... on Book { aTitle bTitle title } } media { ... on Book { aTitle } ... on Movie { title } } } }';
  const { data, errors } = await gateway.execute({ query });
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    viewer: { book: { aTitle: 'Dune of a', bTitle: 'Dune of b', title: 'Dune' }, media: { aTitle: 'Dune of a' } },
  });
  await gateway.close();
});

test('a field whose types in the subgraphs have none above the others stops the start', () => {
  const composed = composeSupergraph(SUBGRAPHS.map(({ name, sdl }) => ({ name, sdl: withLink(sdl) })));
  const wrong = composed.replace('graph: B, type: "Media"', 'graph: B, type: "Movie"');
  expect(() => readSupergraph(wrong)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
});

test('a graph composed rightly stays as it is, letter by letter', () => {
  const right = composeSupergraph(
    SUBGRAPHS.map(({ name, sdl }) => ({ name, sdl: withLink(sdl.replace('book: Book @', 'book: Media @')) })),
  );
  expect(readSupergraph(right).sdl).toBe(right);
  expect(print(parse(right))).toContain('book: Media');
});
