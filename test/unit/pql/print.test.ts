import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePqlJson } from '../../../platform/pql/json';
import { parsePql } from '../../../platform/pql/parse';
import { printPql } from '../../../platform/pql/print';
import { trees, withoutPositions } from './random-rules';

const IS_LONG = process.env.ATTUNE_TEST_LONG !== undefined;

describe('printing', () => {
  it('S-1 printing and parsing are inverse', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const text = printPql(tree);
        const parsed = parsePql(text);
        if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.diagnostics)}`);
        expect(withoutPositions(parsed.tree)).toEqual(withoutPositions(tree));
      }),
      { numRuns: IS_LONG ? 20_000 : 2000, seed: 11 },
    );
  });

  it('S-1 text becomes JSON and JSON becomes text without loss', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const parsed = parsePqlJson(JSON.parse(JSON.stringify(tree)));
        if (!parsed.ok) throw new Error(`${JSON.stringify(tree)}\n${JSON.stringify(parsed.diagnostics)}`);
        expect(withoutPositions(parsed.tree)).toEqual(withoutPositions(tree));
      }),
      { numRuns: IS_LONG ? 5000 : 500, seed: 12 },
    );
  });
});
