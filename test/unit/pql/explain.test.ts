import { describe, expect, it } from '@jest/globals';
import type { PqlScope } from '../../../platform/pql/evaluate';
import { explainPql } from '../../../platform/pql/explain';
import { findNextChangeMs } from '../../../platform/pql/next-change';
import { parsePql } from '../../../platform/pql/parse';

const NOW_MS = Date.UTC(2024, 2, 14, 12);
const HOUR_MS = 3_600_000;

const event = (key: string, hoursAgo: number, data: Readonly<Record<string, unknown>>) => ({
  key,
  timestampMs: NOW_MS - hoursAgo * HOUR_MS,
  data,
});

const scope: PqlScope = {
  nowMs: NOW_MS,
  profile: { tier: 'gold', address: { country: 'US' }, computedAttributes: {} },
  events: [
    event('web|1', 5, { eventType: 'view', price: 40 }),
    event('web|2', 2, { eventType: 'buy', price: 70 }),
    event('web|3', 1, { eventType: 'view', price: 10 }),
  ],
  inSegment: (id) => id === 'vip',
};

function parse(rule: string) {
  const parsed = parsePql(rule);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.tree;
}

const at = (nowMs: number): PqlScope => ({ ...scope, nowMs });
const explain = (rule: string) => explainPql(parse(rule), scope);

describe('explaining', () => {
  it('S-13 every node shows its text, value and truth, and the fields that it was read from', () => {
    const { truth, children } = explain('tier = "gold" and address.country != "US"');
    expect(truth).toBe(false);
    expect(children.map(({ text, truth }) => ({ text, truth }))).toEqual([
      { text: 'tier = "gold"', truth: true },
      { text: 'address.country != "US"', truth: false },
    ]);
    expect(children[1]?.children).toEqual([
      { text: 'address.country', value: 'US', evidence: [{ field: 'address.country', value: 'US' }], children: [] },
    ]);
  });

  it('S-13 an aggregate of events shows the events that went into it', () => {
    const { value, children } = explain('xEvent[price > 20].sum(price) > 100');
    expect(value).toBe(true);
    expect(children[0]).toMatchObject({
      value: 110,
      evidence: [
        { event: 'web|1', value: 40 },
        { event: 'web|2', eventType: 'buy', value: 70 },
      ],
    });
    const over = '(max X.price over X from xEvent where X.eventType = "view") > 30';
    expect(explain(over).children[0]?.evidence).toMatchObject([
      { event: 'web|1', value: 40 },
      { event: 'web|3', value: 10 },
    ]);
    // Those that gave nothing did not go into it.
    expect(explain('xEvent.min(lines) = 0').children[0]?.evidence).toEqual([]);
  });

  it('S-13 a list of events is told in short, whatever the events hold', () => {
    const { children } = explain('xEvent[price > 20].count() > 1');
    const shown = { event: 'web|2', timestamp: '2024-03-14T10:00:00.000Z', eventType: 'buy' };
    expect(children[0]?.children[0]).toMatchObject({ text: 'xEvent[price > 20]', value: [{ event: 'web|1' }, shown] });
  });

  it('S-13 a quantifier shows what speaks for it, and forall what speaks against it', () => {
    expect(explain('exists E from xEvent where E.eventType = "buy"').evidence).toMatchObject([{ event: 'web|2' }]);
    expect(explain('forall E from xEvent where E.price > 20').evidence).toMatchObject([{ event: 'web|3' }]);
    expect(explain('forall E from xEvent where E.eventType = "view", I from E.items where I.x = 1').truth).toBe(true);
  });

  it('S-13 a chain shows the events chosen for its steps', () => {
    const rule = 'chain(xEvent, timestamp, [A: WHAT(eventType = "view"), B: WHAT(eventType = "buy")])';
    expect(explain(rule)).toMatchObject({
      truth: true,
      evidence: [
        { step: 'A', event: 'web|1', timestamp: '2024-03-14T07:00:00.000Z', eventType: 'view' },
        { step: 'B', event: 'web|2', timestamp: '2024-03-14T10:00:00.000Z', eventType: 'buy' },
      ],
    });
  });

  it('S-13 a chain that does not hold shows for which step what is lacking', () => {
    const rule =
      'chain(xEvent, timestamp, [A: WHAT(eventType = "view") COUNT(3), B: WHAT(eventType = "buy") WHEN(today), C: not WHAT(price < 20)])';
    const { truth, evidence, children } = explain(rule);
    expect([truth, evidence]).toEqual([false, [{ step: 'A', lacking: 'There are fewer than 3 such events.' }]]);
    expect(children).toMatchObject([
      { text: 'A: WHAT(eventType = "view") COUNT(3)', value: 2, truth: false },
      { text: 'B: WHAT(eventType = "buy") WHEN(today)', value: 1, truth: true, evidence: [{ event: 'web|2' }] },
      { text: 'C: not WHAT(price < 20)', value: 1, truth: false, evidence: [{ event: 'web|3' }] },
    ]);
  });

  it.each([
    [
      'each step has its event, but not in this order',
      '[A: WHAT(eventType = "buy"), B: WHAT(price = 40)]',
      [
        { step: 'A', event: 'web|2' },
        { step: 'B', lacking: 'There is no such event later than those of the steps before.' },
      ],
    ],
    [
      'it comes too late',
      '[A: WHAT(price = 40), B: WHAT(eventType = "buy") WHEN(< 1 hour after A)]',
      [
        { step: 'A', event: 'web|1' },
        { step: 'B', lacking: 'There is no such event later than those of the steps before, in its time.' },
      ],
    ],
    [
      'something forbidden came between',
      '[A: WHAT(price = 40), B: not WHAT(eventType = "buy"), C: WHAT(price = 10)]',
      [
        { step: 'A', event: 'web|1' },
        { step: 'C', event: 'web|3' },
        { step: 'B', lacking: 'There is an event of this kind where there must be none.' },
      ],
    ],
    [
      'there are more than it may be',
      '[A: WHAT(eventType = "view") COUNT(= 1)]',
      [{ step: 'A', lacking: 'The number of such events is not 1.' }],
    ],
  ])('S-13 a chain that does not hold tells how far it came: %s', (_, steps, evidence) => {
    expect(explain(`chain(xEvent, timestamp, ${steps})`)).toMatchObject({ truth: false, evidence });
  });

  it('S-13 a chain shows which of several events at one time it chose, each once', () => {
    const twice = { ...scope, events: [event('web|1', 1, { a: 1 }), event('web|2', 1, { a: 2 })] };
    const rule = parse('chain(xEvent, timestamp, [A: WHAT(a > 0) COUNT(2)])');
    expect(explainPql(rule, twice).evidence).toMatchObject([{ event: 'web|1' }, { event: 'web|2' }]);
  });

  it('S-13 what picks events stands for whether it picked any, and shows them', () => {
    const { truth, children } = explain('(select E from xEvent where E.eventType = "buy") and xEvent[price > 90]');
    expect(truth).toBe(false);
    expect(children).toMatchObject([
      { text: 'select E from xEvent where E.eventType = "buy"', truth: true, evidence: [{ event: 'web|2' }] },
      { text: 'xEvent[price > 90]', value: [], truth: false, evidence: [] },
    ]);
  });

  it('S-13 what is no condition but stands for one is not true', () => {
    expect(explain('xEvent.count()')).toMatchObject({ value: 3, truth: false });
  });

  it('S-13 a let shows what it binds, and its body with that in place', () => {
    const { children } = explain('let S = xEvent.sum(price) in (S > 100)');
    expect(children.map(({ value }) => value)).toEqual([120, true]);
    expect(children[1]?.children[0]).toMatchObject({
      text: 'S',
      value: 120,
      evidence: [{ variable: 'S', value: 120 }],
    });
  });

  it('S-13 a segment shows whether the person is in it', () => {
    expect(explain('inSegment("vip")').evidence).toEqual([{ segment: 'vip', member: true }]);
  });

  it('S-13 the next change is the instant at which time alone turns the truth', () => {
    const rule = parse('xEvent[timestamp occurs < 3 hours before now].count() >= 2');
    expect(findNextChangeMs(rule, at, NOW_MS)).toBe(NOW_MS + HOUR_MS);
    expect(findNextChangeMs(parse('tier = "gold"'), at, NOW_MS)).toBeUndefined();
    const moved = (nowMs: number): PqlScope => ({
      ...at(nowMs),
      inSegment: () => nowMs < NOW_MS + 5,
      turnOfSegment: () => (nowMs < NOW_MS + 5 ? NOW_MS + 5 : Number.POSITIVE_INFINITY),
    });
    expect(findNextChangeMs(parse('tier = "gold" and inSegment("vip")'), moved, NOW_MS)).toBe(NOW_MS + 5);
  });
});
