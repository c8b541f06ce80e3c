import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  execute,
  type GraphQLSchema,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { Gateway } from '../../gateway/gateway';
import { openGateway } from './gateway-fixture';
import { createOracle, ORACLE_SUBGRAPHS } from './oracle-graph';
import { randomQuery } from './random-query';

let gateway: Gateway;
let oracle: GraphQLSchema;
beforeAll(async () => {
  gateway = await openGateway(ORACLE_SUBGRAPHS, { limits: { aliases: 10_000, fields: 50_000 } });
  oracle = createOracle(gateway.schemaSdl);
});
afterAll(() => gateway.close());

test('any query is answered as one schema with everything in it would answer it', async () => {
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const { query, variables } = randomQuery(oracle, seed);
      const document = parse(query);
      fc.pre(validate(oracle, document).length === 0);
      const expected = await execute({ schema: oracle, document, variableValues: variables });
      const answer = await gateway.execute({ query, variables });
      asked++;
      expect(plain(answer.data)).toEqual(plain(expected.data));
      expect(Boolean(answer.errors)).toBe(Boolean(expected.errors));
      expect(codesOf(answer.errors)).not.toContain('INTERNAL_SERVER_ERROR');
    }),
    { numRuns: 300, ...(process.env.SEED ? { seed: Number(process.env.SEED) } : { seed: 7 }) },
  );
  expect(asked).toBeGreaterThan(250);
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function codesOf(errors: readonly { readonly extensions: { readonly code: string } }[] = []): readonly string[] {
  return errors.map(({ extensions }) => extensions.code);
}
