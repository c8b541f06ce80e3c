import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePql } from '../../../../platform/pql/evaluate';
import { parsePql } from '../../../../platform/pql/parse';
import { createComputedEngine } from '../../../../subgraphs/profile/domain/computed/computed-engine';
import { computePlainly, type Question } from './brute-force';
import { eventLists, HOUR_MS, questions, START_MS } from './histories';

const RUNS = process.env.ATTUNE_TEST_LONG ? 3_000 : 50;
const fixed = questions([undefined, 'PT5H', 'P2D', 'P7D', 'P30D']);
const calendar = questions(['P1M', 'P1M2DT3H', 'P3M']);
const nows = fc.nat({ max: 45 * 24 }).map((hours) => START_MS + hours * HOUR_MS);

/** The first of the instants at which the plain computation gives another value than at `nowMs`. */
function findChange(
  question: Question,
  events: Parameters<typeof computePlainly>[1],
  nowMs: number,
  instants: Iterable<number>,
): number | undefined {
  const present = JSON.stringify(computePlainly(question, events, nowMs));
  for (const instant of instants) {
    if (instant > nowMs && JSON.stringify(computePlainly(question, events, instant)) !== present) return instant;
  }
  return undefined;
}

function* everyHour(fromMs: number, hours: number): Iterable<number> {
  for (let hour = 1; hour <= hours; hour++) yield fromMs + hour * HOUR_MS;
}

const LENGTHS: Readonly<Record<string, number>> = { PT5H: 5, P2D: 48, P7D: 168, P30D: 720 };

const hasHalfLife = ({ attribute }: Question): boolean => attribute.halfLife !== undefined;

describe('P-15 a window', () => {
  test('names the next instant at which time alone changes the value', () => {
    fc.assert(
      fc.property(fixed, eventLists(60_001), nows, (question, events, nowMs) => {
        fc.pre(!hasHalfLife(question));
        const lengthMs = (LENGTHS[question.attribute.window ?? ''] ?? 0) * HOUR_MS;
        const instants = events
          .flatMap(({ timestampMs }) => [timestampMs, timestampMs + lengthMs])
          .sort((a, b) => a - b);
        const engine = createComputedEngine(question.attribute, question);
        expect(engine.nextChangeMs(engine.rebuild(events), nowMs)).toBe(findChange(question, events, nowMs, instants));
      }),
      { numRuns: RUNS * 20, seed: 17 },
    );
  });

  test('of months names it too, where the calendar turns months of other lengths', () => {
    fc.assert(
      fc.property(calendar, eventLists(HOUR_MS, 8), nows, (question, events, nowMs) => {
        const timeZone = question.timeZone === 'Asia/Kolkata' ? 'Europe/Berlin' : question.timeZone;
        const asked = { ...question, timeZone };
        fc.pre(!hasHalfLife(question));
        const engine = createComputedEngine(asked.attribute, asked);
        const expected = findChange(asked, events, nowMs, everyHour(nowMs, 140 * 24));
        expect(engine.nextChangeMs(engine.settle(engine.rebuild(events), nowMs), nowMs)).toBe(expected);
      }),
      { numRuns: RUNS, seed: 18 },
    );
  });

  test('holds what `occurs` holds in PQL, at every hour around the end of February', () => {
    const rule = parsePql('xEvent[timestamp occurs < 1 month before now].count()');
    if (!rule.ok) throw new Error('the rule is good');
    const timeZone = 'America/New_York';
    const evaluate = compilePql(rule.tree, { timeZone });
    const engine = createComputedEngine({ id: 'recent', function: 'COUNT', window: 'P1M' }, { timeZone });
    const events = Array.from({ length: 60 }, (_, index) => ({
      key: `web|${index}`,
      timestampMs: START_MS + index * 4 * HOUR_MS + 1,
      data: {},
    }));
    const state = engine.rebuild(events);
    for (const nowMs of everyHour(START_MS, 45 * 24)) {
      expect(engine.valueAt(state, nowMs)).toBe(evaluate({ profile: {}, events, nowMs }));
    }
  });

  test('that takes back an event at the end of a month says so before', () => {
    const at = (text: string): number => Date.parse(text);
    const engine = createComputedEngine({ id: 'recent', function: 'COUNT', window: 'P1M' });
    const event = { key: 'web|1', timestampMs: at('2023-02-28T12:00:00Z'), data: {} };
    const state = engine.rebuild([event]);
    const changes = ['2023-02-28T12:00:00Z', '2023-03-28T12:00:00Z', '2023-03-29T00:00:00Z', '2023-03-29T12:00:00Z'];
    for (const [index, change] of changes.entries()) {
      const before = changes[index - 1] ?? '2023-01-01T00:00:00Z';
      expect(engine.nextChangeMs(engine.settle(state, at(before)), at(before))).toBe(at(change));
      expect(engine.valueAt(state, at(change) - 1)).toBe(index % 2);
      expect(engine.valueAt(state, at(change))).toBe((index + 1) % 2);
    }
    expect(engine.nextChangeMs(state, at('2023-03-31T12:00:00Z'))).toBeUndefined();
  });

  test('is open at its old end: exactly seven days ago is out, and the future is never in', () => {
    const engine = createComputedEngine({ id: 'week', function: 'COUNT', window: 'P7D' });
    const state = engine.rebuild([{ key: 'web|1', timestampMs: START_MS, data: {} }]);
    const values = [-1, 0, 7 * 24 * HOUR_MS - 1, 7 * 24 * HOUR_MS].map((ms) => engine.valueAt(state, START_MS + ms));
    expect(values).toEqual([0, 1, 1, 0]);
  });

  test('keeps of its events only what can still be seen', () => {
    const events = Array.from({ length: 500 }, (_, index) => ({
      key: `web|${index}`,
      timestampMs: START_MS + index * HOUR_MS,
      data: { price: (index * 37) % 100, sku: `s${index % 5}` },
    }));
    const nowMs = START_MS + 500 * HOUR_MS;
    const rowsOf = (name: 'MAX' | 'LAST' | 'DISTINCT_COUNT' | 'COUNT', value: string): number => {
      const engine = createComputedEngine({ id: 'kept', function: name, value, window: 'P10D' });
      return engine.settle(engine.rebuild(events), nowMs).rows?.length ?? 0;
    };
    expect(rowsOf('COUNT', 'price')).toBe(239);
    expect(rowsOf('MAX', 'price')).toBeLessThan(10);
    expect(rowsOf('DISTINCT_COUNT', 'sku')).toBe(5);
    expect(rowsOf('LAST', 'sku')).toBe(1);
  });

  test('keeps one of the events of an instant for FIRST', () => {
    const engine = createComputedEngine({ id: 'first', function: 'FIRST', value: 'v', window: 'P1D' });
    const events = ['b', 'a', 'c'].map((v) => ({ key: `web|${v}`, timestampMs: START_MS, data: { v } }));
    expect(engine.settle(engine.rebuild(events), START_MS).rows).toEqual([[START_MS, 'a', 'web|a']]);
  });

  test('of two profiles that became one is exact from the later of the instants at which they were settled', () => {
    const engine = createComputedEngine({ id: 'last', function: 'LAST', value: 'v', window: 'P1D' });
    const [early, late] = [1, 2].map((hours) => engine.settle(engine.rebuild([]), START_MS + hours * HOUR_MS));
    if (!early || !late) throw new Error('both are there');
    expect(engine.merge(early, late)).toEqual({ settledMs: START_MS + 2 * HOUR_MS });
    expect(engine.merge(late, early)).toEqual({ settledMs: START_MS + 2 * HOUR_MS });
  });

  test('keeps the newest rows where there is a limit, whatever the order', () => {
    const engine = createComputedEngine({ id: 'few', function: 'SUM', value: 'v', window: 'P30D' }, { maxRows: 3 });
    const events = [5, 1, 4, 2, 3].map((v) => ({ key: `web|${v}`, timestampMs: START_MS + v, data: { v } }));
    const oneByOne = events.reduce((state, event) => engine.add(state, event), engine.rebuild([]));
    expect(engine.valueAt(oneByOne, START_MS + 10)).toBe(12);
    expect(oneByOne).toEqual(engine.rebuild(events));
  });
});
