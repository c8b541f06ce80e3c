import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileRule } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { DAY_MS, describeSegments, did, HOUR_MS, MINUTE_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';

const RULES: Readonly<Record<string, string>> = {
  buyers: 'xEvent[eventType = "purchase"].count() >= 1',
  gold: 'tier = "gold"',
  active: 'xEvent[timestamp occurs < 3 hours before now].count() >= 2',
  lapsed: 'xEvent.count() > 0 and xEvent[timestamp occurs < 7 days before now].count() = 0',
  spenders: 'xEvent[timestamp occurs < 2 days before now].sum(total) > 20',
  abandoners:
    'chain(xEvent, timestamp, [A: WHAT(eventType = "cart") WHEN(< 3 hours before now), B: not WHAT(eventType = "purchase")])',
  both: 'inSegment("buyers") and inSegment("gold")',
  neither: 'not inSegment("buyers") and not inSegment("gold")',
  today: 'xEvent.exists(timestamp occurs today)',
};
const EDITS: Readonly<Record<string, readonly string[]>> = {
  gold: ['tier = "gold"', 'tier = "tin"', 'tier in ["gold", "tin"]'],
  spenders: [RULES.spenders ?? '', 'xEvent[timestamp occurs < 5 hours before now].sum(total) > 10'],
  buyers: [RULES.buyers ?? '', 'xEvent[eventType = "purchase"].count() >= 2'],
};
const PEOPLE = ['p1', 'p2', 'p3'] as const;

type Step =
  | {
      readonly kind: 'event';
      readonly who: string;
      readonly eventType: string;
      readonly total: number;
      readonly agoMs: number;
    }
  | { readonly kind: 'attributes'; readonly who: string; readonly tier: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'merge'; readonly from: string; readonly into: string }
  | { readonly kind: 'split'; readonly from: string }
  | { readonly kind: 'edit'; readonly id: string; readonly version: number }
  | { readonly kind: 'idle' | 'restart' | 'withdraw' };

const who = fc.constantFrom(...PEOPLE);
const duration = fc.oneof(
  fc.integer({ min: 1, max: 90 }).map((n) => n * SECOND_MS),
  fc.integer({ min: 1, max: 300 }).map((n) => n * MINUTE_MS),
  fc.integer({ min: 1, max: 80 }).map((n) => n * HOUR_MS),
  fc.integer({ min: 1, max: 20 }).map((n) => n * DAY_MS),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      who,
      eventType: fc.constantFrom('view', 'cart', 'purchase'),
      total: fc.integer({ min: 0, max: 15 }),
      agoMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: duration }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('attributes' as const), who, tier: fc.constantFrom('gold', 'tin') }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: duration }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), from: who, into: who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('split' as const), from: who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      id: fc.constantFrom(...Object.keys(EDITS)),
      version: fc.nat({ max: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('idle' as const, 'restart' as const) }) },
);

describeSegments('random histories', (open, engine) => {
  test('S-5 S-6 S-7 S-8 S-11 reads, members and announcements agree with brute force over the raw past', async () => {
    let checks = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        runs += 1;
        const sandbox = `run-${runs}`;
        const remembered = runs % 2 ? { rememberedProfiles: 2 } : { rememberedBytes: 8_000 };
        const history = createHistory(await open({ pageSize: 2, ...remembered, sandbox }), sandbox);
        try {
          await history.publishAll();
          for (const each of steps) {
            await history.take(each);
            checks += await history.checkReads();
          }
          await history.checkAnnouncements();
        } finally {
          await history.close();
        }
      }),
      { numRuns: process.env.ATTUNE_TEST_LONG ? 500 : engine === 'sqlite' ? 10 : 4, seed: 20_260_115 },
    );
    expect(checks).toBeGreaterThan(300);
  }, 600_000);
});

function createHistory(first: SegmentsFixture, sandbox: string) {
  let fixture = first;
  let splits = 0;
  const rules = new Map(Object.entries(RULES));
  const people = () => fixture.people.ids();

  const expectedOf = (profileId: string): readonly string[] => {
    const person = fixture.people.snapshot(profileId);
    if (!person) return [];
    const answers = new Map<string, boolean>();
    const isIn = (id: string): boolean => {
      const known = answers.get(id);
      if (known !== undefined) return known;
      const parsed = parsePql(rules.get(id) ?? 'false');
      if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
      const profile = { ...person.attributes, computedAttributes: {} };
      const scope = { profile, events: person.events, nowMs: fixture.clock.now(), inSegment: isIn };
      const answer = compileRule(parsed.tree)(scope);
      answers.set(id, answer);
      return answer;
    };
    return [...rules.keys()].filter(isIn).sort();
  };

  return {
    async publishAll() {
      for (const [id, rule] of rules) await fixture.putSegment(id, rule);
    },
    async take(each: Step): Promise<void> {
      const nowMs = fixture.clock.now();
      const { store } = fixture;
      const isHere = (id: string): boolean => people().includes(id);
      const isFree = (id: string): boolean => isHere(id) || !fixture.people.everIds().includes(id);
      switch (each.kind) {
        case 'event': {
          const { who: id, eventType, total, agoMs } = each;
          if (isFree(id)) await fixture.take(id, did(eventType, { total }, nowMs - agoMs));
          return;
        }
        case 'attributes':
          if (isFree(each.who)) await fixture.take(each.who, { attributes: { tier: each.tier } });
          return;
        case 'wait':
          fixture.clock.advance(each.ms);
          return;
        case 'merge':
          if (each.from !== each.into && isHere(each.from) && isHere(each.into)) {
            await fixture.people.merge(store, each.from, each.into, nowMs);
          }
          return;
        case 'split':
          splits += 1;
          if (isHere(each.from)) await fixture.people.split(store, each.from, `s${splits}`, 1, nowMs);
          return;
        case 'edit': {
          const rule = EDITS[each.id]?.[each.version];
          if (rule === undefined) return;
          await fixture.putSegment(each.id, rule);
          rules.set(each.id, rule);
          return;
        }
        case 'restart':
          fixture = await fixture.reopen();
          return;
        default:
          await fixture.idle();
      }
    },
    async checkReads(): Promise<number> {
      for (const id of people()) {
        const segments = await fixture.segmentsOf(id);
        expect({ id, segments }).toEqual({ id, segments: expectedOf(id) });
      }
      return people().length * rules.size;
    },
    async checkAnnouncements(): Promise<void> {
      await fixture.idle();
      const told = new Map<string, string>();
      const ids = new Set<string>();
      for (const { id, body } of await fixture.announced()) {
        expect(ids).not.toContain(id);
        ids.add(id);
        const key = `${body.profileId} ${body.segmentId}`;
        expect([key, body.status]).not.toEqual([key, told.get(key) ?? 'EXITED']);
        told.set(key, body.status);
      }
      const realized = [...told].flatMap(([key, status]) => (status === 'REALIZED' ? [key] : [])).sort();
      const expected = people().flatMap((id) => expectedOf(id).map((segment) => `${id} ${segment}`));
      expect(realized).toEqual(expected.toSorted());
      const members = await Promise.all(
        [...rules.keys()].map(async (segment) => {
          const page = await fixture.subgraph.reader.members(sandbox, segment, { limit: 100 });
          return page.map(({ profileId }) => `${profileId} ${segment}`);
        }),
      );
      expect(members.flat().sort()).toEqual(realized);
      await this.checkCounts(realized);
    },
    async checkCounts(realized: readonly string[]): Promise<void> {
      for (const segment of rules.keys()) {
        const answer = await fixture.get<{ segment: { counts: { realized: number } } }>(
          'query ($id: ID!) { segment(id: $id) { counts { realized } } }',
          { id: segment },
        );
        expect(answer.segment.counts.realized).toBe(realized.filter((key) => key.endsWith(` ${segment}`)).length);
      }
    },
    close: () => fixture.close(),
  };
}
