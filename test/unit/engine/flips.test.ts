import { describe, expect, it } from '@jest/globals';
import { createRuleSet, type RuleEvent } from '../../../subgraphs/segments/domain/engine/rule-set';
import { START_MS, toRule } from './random-people';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const event = (
  id: string,
  atMs: number,
  eventType: string,
  data: Readonly<Record<string, unknown>> = {},
): RuleEvent => ({
  key: `web|${id}`,
  timestampMs: atMs,
  data: { eventType, ...data },
});
const byEvents = (...events: readonly RuleEvent[]) => ({ cause: { kind: 'EVENT' as const }, events });
const nobody = { attributes: {}, events: [] };

describe('flips', () => {
  it('S-7 bought in the last three hours: the exit comes three hours later to the millisecond, cause TIME', () => {
    const rules = createRuleSet([
      toRule('recent', 'xEvent.exists(eventType = "buy" and timestamp occurs < 3 hours before now)'),
    ]);
    const state = rules.hydrate(nobody, START_MS);
    expect(rules.nextDueMs(state)).toBeUndefined();
    expect(rules.apply(state, byEvents(event('1', START_MS, 'buy')), START_MS + 5)).toEqual([
      { segmentId: 'recent', status: 'REALIZED', atMs: START_MS + 5, cause: { kind: 'EVENT', reference: 'web|1' } },
    ]);
    const dueMs = START_MS + 3 * HOUR_MS;
    expect(rules.nextDueMs(state)).toBe(dueMs);
    expect(rules.advance(state, dueMs - 1)).toEqual([]);
    expect(rules.advance(state, dueMs + DAY_MS)).toEqual([
      {
        segmentId: 'recent',
        status: 'EXITED',
        atMs: dueMs,
        cause: { kind: 'TIME', reference: new Date(dueMs).toISOString() },
      },
    ]);
    expect(rules.nextDueMs(state)).toBeUndefined();
  });

  it('S-7 has not bought for 30 days: an entry by time alone, told at its instant however late one looks', () => {
    const rules = createRuleSet([
      toRule(
        'lapsed',
        'xEvent.exists(eventType = "buy") and not xEvent.exists(eventType = "buy" and timestamp occurs < 30 days before now)',
      ),
    ]);
    const state = rules.hydrate({ ...nobody, events: [event('1', START_MS, 'buy')] }, START_MS + DAY_MS);
    expect(rules.advance(state, START_MS + 400 * DAY_MS)).toMatchObject([
      { status: 'REALIZED', atMs: START_MS + 30 * DAY_MS, cause: { kind: 'TIME' } },
    ]);
  });

  it('S-7 calendar rules turn at midnight of the zone', () => {
    const rules = createRuleSet([toRule('birthday', 'born occurs today ignoring year')], { timeZone: 'Europe/Berlin' });
    const state = rules.hydrate({ attributes: { born: '1990-03-31' }, events: [] }, START_MS);
    expect(rules.advance(state, START_MS + 100 * DAY_MS)).toMatchObject([
      { status: 'REALIZED', atMs: Date.parse('2024-03-31T00:00:00+01:00') },
      { status: 'EXITED', atMs: Date.parse('2024-04-01T00:00:00+02:00') },
    ]);
  });

  it('S-11 what falls due before a change is told before it, and in order', () => {
    const rules = createRuleSet([
      toRule('hour', 'xEvent.exists(timestamp occurs < 1 hour before now)'),
      toRule('two', 'xEvent.exists(timestamp occurs < 2 hours before now)'),
      toRule('any', 'xEvent.count() >= 2'),
    ]);
    const state = rules.hydrate({ ...nobody, events: [event('1', START_MS, 'view')] }, START_MS);
    const nowMs = START_MS + 5 * HOUR_MS;
    expect(
      rules
        .apply(state, byEvents(event('2', nowMs, 'view')), nowMs)
        .map(({ segmentId, status, atMs }) => [segmentId, status, atMs - START_MS]),
    ).toEqual([
      ['hour', 'EXITED', HOUR_MS],
      ['two', 'EXITED', 2 * HOUR_MS],
      ['hour', 'REALIZED', 5 * HOUR_MS],
      ['two', 'REALIZED', 5 * HOUR_MS],
      ['any', 'REALIZED', 5 * HOUR_MS],
    ]);
  });

  it('S-11 several events of one change make one flip a segment, with the event that made it so', () => {
    const rules = createRuleSet([
      toRule('bought', 'xEvent.exists(eventType = "buy")'),
      toRule('open', 'chain(xEvent, timestamp, [A: WHAT(eventType = "cart"), B: not WHAT(eventType = "buy")])'),
      toRule('three', 'xEvent.count() >= 3'),
    ]);
    const state = rules.hydrate(nobody, START_MS);
    const change = byEvents(
      event('1', START_MS, 'cart'),
      event('2', START_MS + 1, 'buy'),
      event('3', START_MS + 2, 'view'),
    );
    expect(rules.apply(state, change, START_MS + 2)).toEqual([
      { segmentId: 'bought', status: 'REALIZED', atMs: START_MS + 2, cause: { kind: 'EVENT', reference: 'web|2' } },
      { segmentId: 'three', status: 'REALIZED', atMs: START_MS + 2, cause: { kind: 'EVENT', reference: 'web|3' } },
    ]);
  });

  it('S-5 rules follow the segments that they ask for, in the same change', () => {
    const rules = createRuleSet([
      toRule('top', 'inSegment("middle") and not inSegment("churned")'),
      toRule('middle', 'inSegment("base") or inSegment("partners")'),
      toRule('base', 'tier = "gold"'),
      toRule('churned', 'left'),
    ]);
    const state = rules.hydrate(nobody, START_MS);
    const record = (attributes: Readonly<Record<string, unknown>>) => ({
      cause: { kind: 'RECORD' as const },
      events: [],
      attributes,
    });
    const moves = (flips: readonly { segmentId: string; status: string }[]) =>
      flips.map(({ segmentId, status }) => `${segmentId} ${status}`);
    expect(moves(rules.apply(state, record({ tier: 'gold' }), START_MS))).toEqual([
      'base REALIZED',
      'middle REALIZED',
      'top REALIZED',
    ]);
    expect(moves(rules.apply(state, record({ tier: 'gold', left: true }), START_MS))).toEqual([
      'churned REALIZED',
      'top EXITED',
    ]);
    expect(moves(rules.apply(state, record({}), START_MS))).toEqual(['base EXITED', 'middle EXITED', 'churned EXITED']);
    expect(moves(rules.setGiven(state, 'partners', true, START_MS, { kind: 'IMPORT' }))).toEqual([
      'middle REALIZED',
      'top REALIZED',
    ]);
    expect(moves(rules.setGiven(state, 'partners', false, START_MS, { kind: 'EXPIRY' }))).toEqual([
      'middle EXITED',
      'top EXITED',
    ]);
  });

  it('S-15 general rules stay as they were told, and those that ask for them follow', () => {
    const rules = createRuleSet([
      toRule('many', 'xEvent.groupBy(sku).keys().count() >= 2'),
      toRule('few', 'not inSegment("many")'),
    ]);
    const person = {
      attributes: {},
      events: [event('1', START_MS, 'view', { sku: 'a' }), event('2', START_MS, 'view', { sku: 'b' })],
    };
    const state = rules.hydrate(person, START_MS);
    expect(rules.general).toEqual(['many']);
    expect(rules.realized(state)).toEqual(['few']);
    const truth = rules.evaluateGeneral(person, state, START_MS);
    expect([...truth]).toEqual([['many', true]]);
    expect(rules.setGiven(state, 'many', true, START_MS, { kind: 'RULE' })).toMatchObject([
      { segmentId: 'many', status: 'REALIZED' },
      { segmentId: 'few', status: 'EXITED' },
    ]);
    const unpacked = rules.unpack(JSON.parse(JSON.stringify(rules.pack(state))));
    expect(unpacked && rules.realized(unpacked)).toEqual(['many']);
    expect(rules.realized(rules.hydrate(person, START_MS, ['many']))).toEqual(['many']);
  });

  it('S-8 the differences to the segments before a merge come as its flips', () => {
    const rules = createRuleSet([toRule('a', 'x = 1'), toRule('b', 'x != 1')]);
    const state = rules.hydrate({ attributes: { x: 1 }, events: [] }, START_MS);
    expect(rules.differences(state, new Set(['b', 'gone']), { kind: 'MERGE' })).toEqual([
      { segmentId: 'a', status: 'REALIZED', atMs: START_MS, cause: { kind: 'MERGE' } },
      { segmentId: 'b', status: 'EXITED', atMs: START_MS, cause: { kind: 'MERGE' } },
    ]);
  });

  it('P-4 what was counted stays counted when the events themselves are not kept', () => {
    const rules = createRuleSet(
      [
        toRule('many', 'xEvent[eventType = "view"].count() >= 50'),
        toRule('much', 'xEvent.sum(price) >= 50'),
        toRule('recent', 'xEvent[timestamp occurs < 1 day before now].count() >= 3'),
      ],
      { maxEvents: 10 },
    );
    const state = rules.hydrate(nobody, START_MS);
    for (let n = 0; n < 50; n++) {
      const atMs = START_MS + n * DAY_MS;
      rules.apply(state, byEvents(event(`${n}`, atMs, 'view', { price: 1 })), atMs);
    }
    expect(rules.realized(state)).toEqual(['many', 'much']);
  });

  it('S-6 a packed state is read by the same rules only, and nothing else breaks it', () => {
    const rules = createRuleSet([toRule('a', 'x = 1')]);
    const packed = rules.pack(rules.hydrate(nobody, START_MS));
    expect(rules.unpack(packed)).toBeDefined();
    expect(createRuleSet([toRule('a', 'x = 2')]).unpack(packed)).toBeUndefined();
    expect(createRuleSet([toRule('a', 'x = 1')], { timeZone: 'Asia/Tokyo' }).unpack(packed)).toBeUndefined();
    for (const broken of [
      undefined,
      null,
      'x',
      [],
      [rules.fingerprint],
      [rules.fingerprint, 0, '', [], [], '', '/////w==', []],
    ]) {
      expect(rules.unpack(broken)).toBeUndefined();
    }
  });
});
