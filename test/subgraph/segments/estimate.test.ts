import { describe, expect, it } from '@jest/globals';
import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { compileRule } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { createRuleTrials, type TrialDependencies } from '../../../subgraphs/segments/use-cases/preview-rule';
import { createRandom } from '../../support/random';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const HOUR_MS = 3_600_000;
const RULES = 500;
const PEOPLE = 400;
const SAMPLE = 100;

const random = createRandom(71);
const below = (limit: number): number => Math.floor(random() * limit);

/** Other people for each rule: from the same ones the same sample would be drawn, and its error be found again. */
function createPeople(): readonly ProfileSnapshot[] {
  return Array.from({ length: PEOPLE }, (_, number): ProfileSnapshot => {
    const events = Array.from({ length: below(3) }, (_, n) => ({
      ...{ key: `web|${number}-${n}`, dataset: 'web', timestampMs: NOW_MS - below(100) * HOUR_MS },
      data: { price: below(100) },
    }));
    return {
      ...{ id: `p${number}`, revision: 1, computedAttributes: {}, identities: [], consents: {}, events },
      attributes: { n: below(1000), tier: `t${below(6)}` },
    };
  });
}

/** Rules that hold for few, for many, and for everything in between. */
function createRule(): string {
  const parts = [
    `n < ${below(1001)}`,
    `tier = "t${below(6)}"`,
    `xEvent.exists(price > ${below(100)})`,
    `xEvent[timestamp occurs < ${1 + below(100)} hours before now].count() >= ${1 + below(2)}`,
  ];
  const [a, b] = [parts[below(4)], parts[below(4)]];
  return below(2) === 0 ? `${a}` : `(${a}) ${below(2) === 0 ? 'and' : 'or'} not (${b})`;
}

describe('the interval of an estimate', () => {
  const trialsOf = (people: () => readonly ProfileSnapshot[]) => {
    const scan: ProfileReader['scan'] = async (_, { after, limit }) => {
      const start = after === undefined ? 0 : Number(after.slice(1)) + 1;
      return people().slice(start, start + limit);
    };
    return createRuleTrials({
      profiles: { scan } as ProfileReader,
      configuration: { segments: { all: async () => new Map() } } as unknown as TrialDependencies['configuration'],
      read: async () => [],
      knownFields: async () => ({ fields: [], declared: [] }),
      timeZone: 'UTC',
      sampleSize: SAMPLE,
    });
  };

  it('S-14 is of all people alike, also where the first differ from the last', async () => {
    const people = createPeople().map((person, n) => ({ ...person, attributes: { n } }));
    const { size, sampled } = await trialsOf(() => people).estimate('default', { rule: 'n >= 300', nowMs: NOW_MS });
    expect(sampled).toBeGreaterThan(SAMPLE / 3);
    expect(Math.abs(size - 100)).toBeLessThanOrEqual(5);
  });

  it('S-14 holds the truth for 95 of 100 rules', async () => {
    let people: readonly ProfileSnapshot[] = [];
    const trials = trialsOf(() => people);
    let held = 0;
    for (let index = 0; index < RULES; index++) {
      people = createPeople();
      const rule = createRule();
      const parsed = parsePql(rule);
      if (!parsed.ok) throw new Error(rule);
      const holds = compileRule(parsed.tree);
      const truth = people.filter(({ attributes, events }) => holds({ profile: attributes, events, nowMs: NOW_MS }));
      const { low, high, size, sampled } = await trials.estimate('default', { rule, nowMs: NOW_MS });
      expect(sampled).toBeLessThanOrEqual(SAMPLE);
      expect(low <= size && size <= high).toBe(true);
      // Otherwise an interval from 0 to everybody would do.
      expect(high - low).toBeLessThan(PEOPLE * 0.2);
      if (low <= truth.length && truth.length <= high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(RULES * 0.95);
  });
});
