import { expect, test } from '@jest/globals';
import { createRandom } from '../../support/random';
import { tellComputed } from './plain-computed';
import { DAY_MS, describeSegments, did, HOUR_MS, MINUTE_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';
import { type Moment, segmentsAsAnnounced, segmentsByBruteForce } from './timeline';

const RULES: Readonly<Record<string, string>> = {
  buyers: 'xEvent[eventType = "purchase"].count() >= 1',
  gold: 'tier = "gold"',
  tin: 'tier != "gold"',
  'active-now': 'xEvent[timestamp occurs < 30 minutes before now].count() >= 1',
  'active-day': 'xEvent[timestamp occurs <= 1 day before now].count() >= 3',
  lapsed:
    'xEvent[eventType = "purchase"].count() >= 1 and xEvent[eventType = "purchase" and timestamp occurs < 30 days before now].count() = 0',
  spenders: 'xEvent[timestamp occurs < 7 days before now].sum(total) > 20',
  dear: 'xEvent[timestamp occurs < 3 weeks before now].max(total) >= 12',
  fair: 'xEvent[timestamp occurs < 10 days before now].average(total) > 5',
  wide: 'xEvent[timestamp occurs < 2 weeks before now].eventType.distinct().count() >= 3',
  abandoners:
    'chain(xEvent, timestamp, [A: WHAT(eventType = "cart") WHEN(< 3 hours before now), B: not WHAT(eventType = "purchase")])',
  quick:
    'chain(xEvent, timestamp, [A: WHAT(eventType = "view"), B: WHAT(eventType = "purchase") WHEN(<= 2 days after A)])',
  today: 'xEvent.exists(timestamp occurs today)',
  month: 'xEvent[timestamp occurs this month].count() >= 2',
  birthday: 'born occurs today ignoring year',
  'birth-month': 'born.getMonth() = currentMonth()',
  both: 'inSegment("buyers") and inSegment("gold")',
  neither: 'not inSegment("buyers") and not inSegment("gold")',
};
const COMPUTED: Readonly<Record<string, string>> = {
  fans: 'computedAttributes.liked.view > 1.5',
  cool: 'computedAttributes.liked.cart <= 0.1',
  keen: 'computedAttributes.liked.purchase * 10 > level',
  busy: 'computedAttributes.recent >= 2',
  'busy-fans': 'inSegment("busy") and inSegment("fans")',
};
const EDITS: Readonly<Record<string, readonly string[]>> = {
  gold: ['tier = "gold"', 'tier = "tin"', 'tier in ["gold", "tin"]'],
  tin: ['tier != "gold"', 'isNull(tier)'],
  spenders: [RULES.spenders ?? '', 'xEvent[timestamp occurs < 5 hours before now].sum(total) > 10'],
  fans: [COMPUTED.fans ?? '', 'computedAttributes.liked.view > 0.2'],
};
const STEPS_MS = [SECOND_MS, 20 * SECOND_MS, 5 * MINUTE_MS, HOUR_MS, 7 * HOUR_MS, DAY_MS, 6 * DAY_MS, 21 * DAY_MS];
const TYPES = ['view', 'cart', 'purchase'];
const CHECKS = process.env.ATTUNE_TEST_LONG ? 500_000 : 6_000;

describeSegments('months', (open, engine) => {
  const checks = engine === 'sqlite' ? CHECKS : CHECKS / 10;

  test(`S-5 S-6 S-7 S-8 reads and announcements agree with brute force at every instant (${checks} checks)`, async () => {
    let done = 0;
    for (let seed = 1; done < checks; seed += 1) {
      const rules = seed % 2 ? RULES : { ...RULES, ...COMPUTED };
      const options = { pageSize: 3, rememberedProfiles: seed % 3 ? 50 : 2, compute: tellComputed };
      const fixture = await open({ ...options, sandbox: `months-${seed}` });
      done += await live(fixture, rules, seed, Math.min(checks / 4, 20_000, checks - done));
    }
    expect(done).toBeGreaterThanOrEqual(checks);
  }, 3_600_000);
});

/** Lives through months with a few people, and checks whatever can be seen. Answers how many checks that were. */
async function live(
  first: SegmentsFixture,
  begun: Readonly<Record<string, string>>,
  seed: number,
  checks: number,
): Promise<number> {
  const random = createRandom(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const oneOf = <T>(all: readonly T[]): T => all[below(all.length)] as T;
  const rules = new Map(Object.entries(begun));
  const moments: Moment[] = [];
  let fixture = first;
  let ids = 0;
  let done = 0;
  let mayBeOld = false;

  const people = () => fixture.people.ids();
  const remember = (): void => {
    const snapshots = people().flatMap((id) => fixture.people.snapshot(id) ?? []);
    const known = new Map(snapshots.map(({ id, attributes, events }) => [id, { attributes, events }]));
    moments.push({ atMs: fixture.clock.now(), rules: new Map(rules), people: known });
  };
  const act = async (): Promise<void> => {
    const nowMs = fixture.clock.now();
    const { store } = fixture;
    const kind = below(20);
    if (kind < 12 || people().length < 2) {
      const who = people().length < 5 && below(3) === 0 ? `p${++ids}` : oneOf([...people(), `p${++ids}`].slice(0, 5));
      const agoMs = below(4) === 0 ? below(oneOf(STEPS_MS)) : 0;
      await fixture.take(who, did(oneOf(TYPES), { total: below(16) }, nowMs - agoMs));
    } else if (kind < 16) {
      const attributes = oneOf([
        { tier: oneOf(['gold', 'tin', null]) },
        { level: below(12) },
        { born: `19${70 + below(30)}-0${1 + below(9)}-1${below(10)}` },
      ]);
      await fixture.take(oneOf(people()), { attributes });
    } else if (kind === 16 || kind === 17) {
      // What was computed, or not kept under the newest rules, cannot be told any more when the past has changed.
      if (rules.has('fans') || mayBeOld) await fixture.idle();
      if (kind === 17) {
        await fixture.people.split(store, oneOf(people()), `s${++ids}`, 1, nowMs);
        return;
      }
      const [from = '', into = ''] = [oneOf(people()), oneOf(people())];
      if (from !== into) await fixture.people.merge(store, from, into, nowMs);
    } else if (kind === 18) {
      await fixture.idle();
      const id = oneOf(Object.keys(EDITS).filter((each) => rules.has(each)));
      const rule = oneOf(EDITS[id] ?? []);
      await fixture.putSegment(id, rule);
      rules.set(id, rule);
      mayBeOld = false;
      // What time moves between a publication and its backfill is told as moved by the rule.
      await fixture.idle();
    }
  };
  const wait = async (): Promise<void> => {
    const ms = 1 + below(oneOf(STEPS_MS));
    if (below(12) > 0) {
      fixture.clock.advance(ms);
      return;
    }
    await fixture.close();
    fixture.clock.advance(ms);
    fixture = await fixture.reopen();
    mayBeOld = true;
  };
  const checkReads = async (): Promise<void> => {
    const now = moments.at(-1) as Moment;
    for (const id of people()) {
      const segments = await fixture.segmentsOf(id);
      const expected = segmentsByBruteForce(now, id, fixture.clock.now());
      expect({ seed, id, segments }).toEqual({ seed, id, segments: expected });
      done += rules.size;
    }
  };

  for (const [id, rule] of rules) await fixture.putSegment(id, rule);
  remember();
  while (done < checks / 2) {
    await wait();
    for (let acts = below(4); acts > 0; acts -= 1) await act();
    remember();
    if (below(3) === 0) await checkReads();
    await fixture.idle();
    await checkReads();
  }
  done += await checkAnnouncements(fixture, moments, seed);
  await fixture.close();
  return done;
}

/** Compares what was announced with brute force: at every moment, just before the next, and in between. */
async function checkAnnouncements(fixture: SegmentsFixture, moments: readonly Moment[], seed: number): Promise<number> {
  const random = createRandom(seed + 1);
  const announced = await fixture.announced();
  expect(new Set(announced.map(({ id }) => id)).size).toBe(announced.length);
  let done = 0;
  for (const id of fixture.people.everIds()) {
    const moves = announced.flatMap(({ body }) => (body.profileId === id ? [body] : []));
    expect(moves.map(({ atMs }) => atMs)).toEqual(moves.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    for (const { atMs, cause } of moves) {
      if (cause.kind === 'TIME') expect(cause.reference).toBe(new Date(atMs).toISOString());
    }
    moments.forEach((moment, index) => {
      const endMs = (moments[index + 1]?.atMs ?? moment.atMs + 1) - 1;
      const betweenMs = moment.atMs + Math.floor(random() * (endMs - moment.atMs));
      const due = moves.flatMap(({ atMs }) => (atMs > moment.atMs && atMs <= endMs ? [atMs, atMs - 1] : []));
      for (const atMs of new Set([moment.atMs, betweenMs, endMs, ...due])) {
        const segments = segmentsAsAnnounced(moves, atMs);
        const expected = segmentsByBruteForce(moment, id, atMs);
        expect({ seed, id, atMs, segments }).toEqual({ seed, id, atMs, segments: expected });
        done += moment.rules.size;
      }
    });
  }
  return done;
}
