import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileTimedRule } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { conditions, DAY_MS, instants, START_MS } from './random-conditions';

describe('turns', () => {
  for (const timeZone of ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'America/New_York']) {
    it(`S-7 an answer stays until the turn that was announced with it, ${timeZone}`, () => {
      fc.assert(
        fc.property(
          conditions,
          instants,
          instants,
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
          (rule, t, now, fractions) => {
            const parsed = parsePql(rule);
            if (!parsed.ok) throw new Error(`${rule}: ${parsed.diagnostics[0]?.message}`);
            const answer = compileTimedRule(parsed.tree, { timeZone });
            const at = (nowMs: number) => answer({ profile: { t: new Date(START_MS + t).toISOString() }, nowMs });
            let nowMs = START_MS + now;
            for (let step = 0; step < 4; step++) {
              const { value, turnMs } = at(nowMs);
              expect(turnMs).toBeGreaterThan(nowMs);
              const untilMs = Math.min(turnMs, nowMs + 800 * DAY_MS);
              const between = [1, untilMs - 1 - nowMs, ...fractions.map((f) => Math.floor(f * (untilMs - nowMs)))];
              for (const ms of between)
                if (ms < untilMs - nowMs) expect([rule, ms, at(nowMs + ms).value]).toEqual([rule, ms, value]);
              if (turnMs === Number.POSITIVE_INFINITY) break;
              nowMs = turnMs;
            }
          },
        ),
        { numRuns: process.env.ATTUNE_TEST_LONG ? 20_000 : 300, seed: 7 },
      );
    });
  }
});
