import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execute, type GraphQLSchema, parse, validate } from 'graphql';
import type { Gateway } from '../../gateway/gateway';
import { openGateway, toLink } from './gateway-fixture';
import { createOracle, ORACLE_SUBGRAPHS } from './oracle-graph';
import { randomQuery } from './random-query';

const RUNS = process.env.ATTUNE_TEST_LONG ? 5_000 : 60;

const gateways: Gateway[] = [];
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
});

async function openOracle(compileAfter: number): Promise<{ gateway: Gateway; oracle: GraphQLSchema }> {
  const links = ORACLE_SUBGRAPHS.map((subgraph) => toLink(subgraph, { compileAfter }));
  const gateway = await openGateway(links, { limits: { aliases: 10_000, fields: 50_000 } });
  gateways.push(gateway);
  return { gateway, oracle: createOracle(gateway.schemaSdl) };
}

test.each([
  ['run as they come', Number.MAX_SAFE_INTEGER],
  ['compiled', 1],
])(
  'any query is answered as one schema with everything in it would answer it, operations %s',
  async (_, compileAfter) => {
    const { gateway, oracle } = await openOracle(compileAfter);
    let failing = 0;
    const property = fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 3 }), async (seed, depth) => {
      const { query, variables } = randomQuery(oracle, seed, depth);
      const document = parse(query);
      fc.pre(validate(oracle, document).length === 0);
      const expected = await execute({ schema: oracle, document, variableValues: variables });
      const answer = await gateway.execute({ query, variables });
      expect(plain(answer.data)).toEqual(plain(expected.data));
      expect(Boolean(answer.errors)).toBe(Boolean(expected.errors));
      for (const { path, extensions } of answer.errors ?? []) {
        expect(['CONFLICT', 'NOT_FOUND']).toContain(extensions.code);
        expect(valueAt(plain(answer.data), path ?? [])).toBe(null);
        failing++;
      }
    });
    await fc.assert(property, { numRuns: RUNS, seed: 7 });
    expect(failing).toBeGreaterThan(20);
  },
  600_000,
);

/** What stands at a path, or where the null begins that took it. */
function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let at: unknown = data;
  for (const part of path) at = at === null ? null : (at as Record<string | number, unknown>)[part];
  return at;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
