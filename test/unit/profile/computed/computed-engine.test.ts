import { describe, expect, test } from '@jest/globals';
import type { ComputedAttribute } from '../../../../subgraphs/profile/domain/computed/computed-attribute';
import { createComputedEngine } from '../../../../subgraphs/profile/domain/computed/computed-engine';
import { findClash, toComputedAttributes } from '../../../../subgraphs/profile/domain/computed/computed-values';
import { compileEventFilter, parseEventFilter } from '../../../../subgraphs/profile/domain/computed/event-filter';
import { HOUR_MS, START_MS } from './histories';

type Fields = Readonly<Record<string, unknown>>;

const toEvents = (...data: readonly Fields[]) =>
  data.map((fields, index) => ({ key: `web|${index}`, timestampMs: START_MS + index * HOUR_MS, data: fields }));

const DAY_MS = 24 * HOUR_MS;
const LATER_MS = START_MS + 100 * DAY_MS;

function readOf(attribute: Omit<ComputedAttribute, 'id'>, events: ReturnType<typeof toEvents>, nowMs = LATER_MS) {
  const engine = createComputedEngine({ id: 'tested', ...attribute });
  return engine.valueAt(engine.rebuild(events), nowMs);
}

describe('P-15 the functions', () => {
  const orders = toEvents(
    { order: { total: 0.1 } },
    { order: { total: 'n/a' } },
    { order: { total: 0.2 } },
    { order: { total: null } },
    {},
    { order: { total: [5, 'x', [7]] } },
  );

  test.each([
    ['COUNT', undefined, 6],
    ['COUNT', 'order.total', 6],
    ['SUM', 'order.total', 12.3],
    ['AVERAGE', 'order.total', 3.075],
    ['MIN', 'order.total', 0.1],
    ['MAX', 'order.total', 7],
    ['FIRST', 'order.total', 0.1],
    ['LAST', 'order.total', 7],
    ['DISTINCT_COUNT', 'order.total', 6],
    ['AFFINITY', 'order.total', { '0.1': 1, '0.2': 1, '5': 1, '7': 1, 'n/a': 1, x: 1 }],
    ['MAX', 'timestamp', '2023-02-20T05:00:00.000Z'],
    ['FIRST', 'timestamp', '2023-02-20T00:00:00.000Z'],
    ['MAX', 'order', undefined],
    ['SUM', 'constructor.name', 0],
  ] as const)('%s of %s skips what is missing or of the wrong type, and takes lists apart', (name, path, expected) => {
    expect(readOf({ function: name, ...(path === undefined ? {} : { value: path }) }, orders)).toEqual(expected);
  });

  test.each([
    ['COUNT', 0],
    ['SUM', 0],
    ['DISTINCT_COUNT', 0],
    ['AVERAGE', undefined],
    ['MIN', undefined],
    ['MAX', undefined],
    ['FIRST', undefined],
    ['LAST', undefined],
    ['AFFINITY', {}],
  ] as const)('%s of nothing', (name, expected) => {
    expect(readOf({ function: name, value: 'v' }, [])).toEqual(expected);
    expect(readOf({ function: name, value: 'v', window: 'P1D' }, toEvents({ v: 1 }))).toEqual(expected);
  });

  test('FIRST and LAST go by time, and at the same time by key', () => {
    const events = ['b', 'c', 'a'].map((v) => ({ key: `web|${v}`, timestampMs: START_MS, data: { v } }));
    for (const window of [undefined, 'P1Y']) {
      const rest = { value: 'v', ...(window === undefined ? {} : { window }) };
      expect(readOf({ function: 'FIRST', ...rest }, events)).toBe('a');
      expect(readOf({ function: 'LAST', ...rest }, events)).toBe('c');
    }
  });

  test('MIN and MAX prefer numbers to text', () => {
    const mixed = toEvents({ v: 'zebra' }, { v: 3 }, { v: 'ant' }, { v: 4 }, { v: true });
    expect([readOf({ function: 'MIN', value: 'v' }, mixed), readOf({ function: 'MAX', value: 'v' }, mixed)]).toEqual([
      3, 4,
    ]);
  });

  test('a sum is exact where doubles are not, and missing where no number holds it', () => {
    const sum = (...values: number[]) =>
      readOf({ function: 'SUM', value: 'v' }, toEvents(...values.map((v) => ({ v }))));
    expect(sum(1e16, 1, -1e16, 1e-20)).toBe(1);
    expect(sum(...Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(sum(9e14, 9e14, 9e14, 0.000001)).toBe(2.7e15);
    expect(sum(1e308, 1e308)).toBeUndefined();
    expect(sum(1e308, 1e308, -1e308)).toBe(1e308);
  });

  test('"1" and 1 are two distinct values; a long text is told apart from one that begins as it does', () => {
    const long = 'x'.repeat(5000);
    const events = toEvents({ v: ['1', 1, '1'] }, { v: true }, { v: long }, { v: `${long}y` }, { v: long });
    const engine = createComputedEngine({ id: 'tested', function: 'DISTINCT_COUNT', value: 'v' });
    const state = engine.rebuild(events);
    expect(engine.valueAt(state, LATER_MS)).toBe(5);
    expect(JSON.stringify(state).length).toBeLessThan(200);
  });
});

describe('P-15 affinity', () => {
  const weights = { purchase: 3, return: -2, scroll: 0 };
  const visits = toEvents(
    ...Array.from({ length: 4 }, () => ({ eventType: 'view', category: 'shoes' })),
    { eventType: 'view', category: 'hats' },
    { eventType: 'scroll', category: 'coats' },
  );

  test('weighs by event type: four views of shoes, then three hats bought', () => {
    const attribute = { function: 'AFFINITY', value: 'category', weights } as const;
    expect(readOf(attribute, visits)).toEqual({ shoes: 4, hats: 1 });
    const bought = [0, 1, 2].map((index) => ({
      key: `web|bought${index}`,
      timestampMs: LATER_MS,
      data: { eventType: 'purchase', category: 'hats' },
    }));
    expect(readOf(attribute, [...visits, ...bought])).toEqual({ shoes: 4, hats: 10 });
    expect(readOf(attribute, [...visits, ...bought], LATER_MS - 1)).toEqual({ shoes: 4, hats: 1 });
  });

  test('halves with each half-life, to the digit, and is gone after 64 of them', () => {
    const attribute = { function: 'AFFINITY', value: 'category', weights, halfLife: 'P1D' } as const;
    const [view] = visits;
    const days = [0, 1, 2, 10, 63].map((count) => readOf(attribute, view ? [view] : [], START_MS + count * DAY_MS));
    expect(days).toEqual([1, 0.5, 0.25, 2 ** -10, 2 ** -63].map((shoes) => ({ shoes: Number(shoes.toPrecision(12)) })));
    expect(readOf(attribute, visits, START_MS + 66 * DAY_MS)).toEqual({});
  });

  test('keeps one number for each topic and half-life once it is settled', () => {
    const engine = createComputedEngine({ id: 'liked', function: 'AFFINITY', value: 'category', halfLife: 'P7D' });
    const events = Array.from({ length: 5000 }, (_, index) => ({
      key: `web|${index}`,
      timestampMs: START_MS - index * HOUR_MS,
      data: { category: index % 2 ? 'shoes' : 'hats' },
    }));
    const state = engine.settle(engine.rebuild(events), START_MS);
    expect(JSON.stringify(state).length).toBeLessThan(4000);
    expect(state.rows).toBeUndefined();
  });

  test('names the next event of the future, and of scores that fade, when the first is gone', () => {
    const still = createComputedEngine({ id: 'liked', function: 'AFFINITY', value: 'category' });
    const fading = createComputedEngine({ id: 'liked', function: 'AFFINITY', value: 'category', halfLife: 'P1D' });
    expect([still, fading].map((each) => each.nextChangeMs(each.rebuild(visits), START_MS + 1))).toEqual([
      START_MS + HOUR_MS,
      START_MS + HOUR_MS,
    ]);
    expect([still.halfLifeMs, fading.halfLifeMs]).toEqual([undefined, DAY_MS]);
    const state = fading.rebuild(visits.slice(0, 4));
    const goneMs = fading.nextChangeMs(state, START_MS + 10 * DAY_MS) ?? 0;
    expect(Object.keys(fading.valueAt(state, goneMs - 1) as object)).toEqual(['shoes']);
    expect(fading.valueAt(state, goneMs)).toEqual({});
    expect(fading.nextChangeMs(state, goneMs)).toBeUndefined();
    expect(still.nextChangeMs(still.rebuild(visits), LATER_MS)).toBeUndefined();
  });

  test('takes any topic as a name and not as a part of the program', () => {
    const value = readOf(
      { function: 'AFFINITY', value: 'category' },
      toEvents({ category: '__proto__' }, { category: 'toString' }),
    );
    expect(JSON.stringify(value)).toBe('{"__proto__":1,"toString":1}');
  });
});

describe('P-15 a state', () => {
  test('stays the same object when an event does not count', () => {
    const matches = compileEventFilter(parseEventFilter('eventType = "purchase" and context.page = "home"'));
    const engine = createComputedEngine({ id: 'bought', function: 'COUNT' }, { matches });
    const [view, purchase] = toEvents({ eventType: 'view' }, { eventType: 'purchase', context: { page: 'home' } });
    if (!view || !purchase) throw new Error('both are there');
    const state = engine.add(engine.rebuild([]), purchase);
    expect(engine.valueAt(state, LATER_MS)).toBe(1);
    expect(engine.add(state, view)).toBe(state);
  });

  test('is not changed by what is made from it', () => {
    const engine = createComputedEngine({ id: 'bought', function: 'LAST', value: 'v', window: 'P1Y' });
    const events = toEvents({ v: 1 }, { v: 2 });
    const state = engine.rebuild(events);
    const before = JSON.stringify(state);
    engine.settle(engine.merge(engine.addAll(state, events), state), LATER_MS);
    expect(JSON.stringify(state)).toBe(before);
  });
});

describe('P-15 the values of a profile', () => {
  test('stand at the paths that their ids are, missing ones left out', () => {
    const values = toComputedAttributes([
      ['shop.orders', 3],
      ['shop.last', undefined],
      ['liked', { shoes: 1 }],
      ['shop.spent', 9.5],
    ]);
    expect(values).toEqual({ shop: { orders: 3, spent: 9.5 }, liked: { shoes: 1 } });
  });

  test('clash where one id is a path through another', () => {
    expect(findClash('shop', ['liked', 'shop.orders'])).toBe('shop.orders');
    expect(findClash('shop.orders', ['shop'])).toBe('shop');
    expect(findClash('shop', ['shop', 'shopping'])).toBeUndefined();
  });
});
