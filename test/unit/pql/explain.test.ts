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
      evidence: [{ event: 'web|1' }, { event: 'web|2', eventType: 'buy' }],
    });
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
        { step: 'A', timestamp: '2024-03-14T07:00:00.000Z' },
        { step: 'B', timestamp: '2024-03-14T10:00:00.000Z' },
      ],
    });
  });

  it('S-13 a let shows what it binds, and its body with that in place', () => {
    const { children } = explain('let S = xEvent.sum(price) in (S > 100)');
    expect(children.map(({ value }) => value)).toEqual([120, true]);
    expect(children[1]?.children[0]).toMatchObject({ text: 'S', value: 120 });
  });

  it('S-13 a segment shows whether the person is in it', () => {
    expect(explain('inSegment("vip")').evidence).toEqual([{ segment: 'vip', member: true }]);
  });

  it('S-13 the next change is the instant at which time alone turns the truth', () => {
    const rule = parse('xEvent[timestamp occurs < 3 hours before now].count() >= 2');
    expect(findNextChangeMs(rule, scope)).toBe(NOW_MS + HOUR_MS);
    expect(findNextChangeMs(parse('tier = "gold"'), scope)).toBeUndefined();
  });
});
