import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatRule } from '../../../app/cli/format/format-rule';
import { formatPql } from '../../../platform/pql/format';
import { parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import { trees, withoutPositions } from './random-rules';

function parse(text: string): Expression {
  const parsed = parsePql(text);
  if (!parsed.ok) throw new Error(`${text}\n${JSON.stringify(parsed.diagnostics)}`);
  return parsed.tree;
}

describe('formatting', () => {
  it('S-1 formatting and parsing are inverse, and what is formatted stays as it is', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const text = formatPql(tree);
        expect(withoutPositions(parse(text))).toEqual(withoutPositions(tree));
        expect(formatPql(parse(text))).toBe(text);
      }),
      { numRuns: process.env.ATTUNE_TEST_LONG ? 10_000 : 400, seed: 13 },
    );
  });

  it.each(
    JSON.parse(readFileSync(join(__dirname, '../../spec/published-rules.json'), 'utf8')).rules as { rule: string }[],
  )('S-1 a published rule keeps its meaning, and to the width: $rule', ({ rule }) => {
    const text = formatPql(parse(rule));
    expect(withoutPositions(parse(text))).toEqual(withoutPositions(parse(rule)));
    expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  it('S-1 a long rule has a condition, a step, a source a line, and what is in brackets is indented', () => {
    const rule = `tier = 'gold' AND (homeAddress.country in ["US","CA"] or not inSegment("people-of-other-countries")) and
      CHAIN(xEvent, timestamp, [A: WHAT(eventType = "cart" and price > 10) WHEN(<= 3 hours before now), B: not WHAT(eventType = "purchase")])
      and xEvent[eventType = "commerce.purchases" and timestamp occurs < 30 days before now].sum(commerce.order.priceTotal) > 100`;
    expect(formatPql(parse(rule))).toBe(
      [
        'tier = "gold"',
        'and (homeAddress.country in ["US", "CA"] or not inSegment("people-of-other-countries"))',
        'and chain(xEvent, timestamp, [',
        '  A: WHAT(eventType = "cart" and price > 10) WHEN(<= 3 hours before now),',
        '  B: not WHAT(eventType = "purchase")',
        '])',
        'and xEvent[',
        '  eventType = "commerce.purchases"',
        '  and timestamp occurs < 30 days before now',
        '].sum(commerce.order.priceTotal) > 100',
      ].join('\n'),
    );
  });

  it('S-1 attune format reads text and tree, and tells what is wrong with its place', () => {
    const tree = formatRule('tier = "gold"', true);
    expect(JSON.parse(tree)).toMatchObject({ kind: 'compare', operator: '=' });
    expect([formatRule(tree, false), formatRule(' TIER = "gold" and x\n', false)]).toEqual([
      'tier = "gold"',
      'TIER = "gold" and x',
    ]);
    expect(() => formatRule('a = (', false)).toThrow(/^line 1, column 6: Expected /);
    expect(() => formatRule('{ "kind": "no-such" }', false)).toThrow(/line 1, column 1/);
    expect(() => formatRule('{ kind', false)).toThrow(/no JSON/);
  });
});
