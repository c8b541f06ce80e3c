import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePql } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { createBoundsFinder } from '../../../platform/pql/time/bounds';
import { createCalendar } from '../../../platform/pql/time/calendar';
import { conditions, instants, START_MS } from './random-conditions';

const TIME_ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'];

describe('bounds', () => {
  for (const timeZone of TIME_ZONES) {
    it(`S-7 hold exactly the instants that fulfil the condition, ${timeZone}`, () => {
      const calendar = createCalendar(timeZone);
      fc.assert(
        fc.property(conditions, instants, instants, fc.integer({ min: -2, max: 2 }), (rule, elsewhere, now, off) => {
          const parsed = parsePql(rule);
          if (!parsed.ok || parsed.tree.kind !== 'occurs') throw new Error(rule);
          const nowMs = START_MS + now;
          const leapDay = calendar.day(2024, 2, 29);
          const bounds = createBoundsFinder(parsed.tree.when, () => leapDay, calendar)?.(nowMs);
          if (!bounds) return;
          const { lowMs, highMs } = bounds;
          const holds = compilePql(parsed.tree, { timeZone });
          const edges = [lowMs, highMs, nowMs].filter(Number.isFinite).map((edge) => edge + off);
          for (const t of [START_MS + elsewhere, ...edges]) {
            const isIn = t >= lowMs && t < highMs;
            expect([rule, t, holds({ profile: { t: new Date(t).toISOString() }, nowMs })]).toEqual([rule, t, isIn]);
          }
        }),
        { numRuns: process.env.ATTUNE_TEST_LONG ? 10_000 : 800, seed: 8 },
      );
    });
  }
});
