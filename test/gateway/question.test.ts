import { expect, test } from '@jest/globals';
import {
  buildClientSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { openGateway } from './gateway-fixture';
import { ORACLE_SUBGRAPHS } from './oracle-graph';

test('one question is answered by three subgraphs, one of them by what the others found', async () => {
  const gateway = await openGateway([
    {
      name: 'profile',
      sdl: `scalar JSONObject
        type Query { profile(id: ID!): Profile }
        type Profile @key(fields: "id revision") { id: ID! revision: Int! name: String decisionFacts: JSONObject @inaccessible }`,
      resolvers: {
        Query: {
          profile: (_: unknown, { id }: { id: string }) => ({
            id,
            revision: 7,
            name: 'Ann',
            decisionFacts: { tier: 'gold' },
          }),
        },
      },
    },
    {
      name: 'segments',
      sdl: `type Profile @key(fields: "id revision") { id: ID! revision: Int! segments: [String!] realizedSegmentIds: [ID!] @inaccessible }`,
      resolvers: { Profile: { segments: () => ['a', 'b'], realizedSegmentIds: () => ['s1'] } },
    },
    {
      name: 'offers',
      sdl: `scalar JSONObject
        type Query { offers: Int }
        type Profile @key(fields: "id revision") {
          id: ID! revision: Int! decisionFacts: JSONObject @external realizedSegmentIds: [ID!] @external
          decision: String @requires(fields: "decisionFacts realizedSegmentIds")
        }`,
      resolvers: {
        Profile: {
          decision: (p: { decisionFacts: unknown; realizedSegmentIds: unknown }) =>
            JSON.stringify([p.decisionFacts, p.realizedSegmentIds]),
        },
      },
    },
  ]);
  const query =
    'query ($id: ID!) { __typename me: profile(id: $id) { id name segments decision } __schema { queryType { name } } }';
  for (let round = 0; round < 12; round++) {
    expect(await gateway.execute({ query, variables: { id: 'p1' } })).toEqual({
      data: {
        __typename: 'Query',
        me: { id: 'p1', name: 'Ann', segments: ['a', 'b'], decision: '[{"tier":"gold"},["s1"]]' },
        __schema: { queryType: { name: 'Query' } },
      },
    });
  }
  const { url } = await gateway.listen(0);
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { id: 'p1' } }),
  });
  expect(await response.json()).toMatchObject({ data: { me: { id: 'p1' } } });
  await gateway.close();
});

test('tools learn the whole graph by asking about it', async () => {
  const gateway = await openGateway(ORACLE_SUBGRAPHS);
  const { data } = await gateway.execute({ query: getIntrospectionQuery() });
  const told = buildClientSchema(data as unknown as IntrospectionQuery);
  expect(printSchema(lexicographicSortSchema(told))).toContain('type Review implements Node');
  expect(printSchema(told)).toBe(gateway.schemaSdl);
  await gateway.close();
});
