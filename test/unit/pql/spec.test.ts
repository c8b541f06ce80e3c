import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compilePql } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { printPql } from '../../../platform/pql/print';

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  readonly about: string;
  readonly rule: string;
  readonly profile: Fields;
  readonly events?: readonly (Fields & { readonly timestamp: string })[];
  readonly at: string;
  readonly timeZone?: string;
  readonly context?: Fields;
  readonly segments?: readonly string[];
  readonly expected: unknown;
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(join(__dirname, '../../spec/pql.json'), 'utf8'),
);

function answer(text: string, { profile, events = [], at, timeZone, context, segments = [] }: Case): unknown {
  const parsed = parsePql(text);
  if (!parsed.ok) throw new Error(`${text}: ${JSON.stringify(parsed.diagnostics)}`);
  return compilePql(
    parsed.tree,
    timeZone === undefined ? {} : { timeZone },
  )({
    profile,
    events: events.map((data) => ({ timestampMs: Date.parse(data.timestamp), data })),
    nowMs: Date.parse(at),
    inSegment: (id) => segments.includes(id),
    ...(context && { context }),
  });
}

describe('the cases of test/spec/pql.json', () => {
  it('S-2 there are at least 400 of them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(400);
  });

  for (const group of new Set(cases.map(({ about }) => about))) {
    it(`S-2 ${group}`, () => {
      const wrong = cases
        .filter(({ about }) => about === group)
        .map((each) => ({ ...each, found: answer(each.rule, each) ?? null }))
        .filter(({ found, expected }) => JSON.stringify(found) !== JSON.stringify(expected));
      expect(wrong).toEqual([]);
    });
  }

  it('S-1 printed as text, every rule answers the same', () => {
    for (const each of cases) {
      const parsed = parsePql(each.rule);
      if (parsed.ok)
        expect([each.rule, answer(printPql(parsed.tree), each) ?? null]).toEqual([each.rule, each.expected]);
    }
  });
});
