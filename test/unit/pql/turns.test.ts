import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileTimedPql } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2023, 8, 1);

const unit = fc.constantFrom('second', 'minutes', 'hours', 'days', 'weeks', 'months', 'quarters', 'years');
const reference = fc.oneof(
  fc.constantFrom('now', 'now', 'today', 'yesterday', 'tomorrow', 'date(2024, 2, 29)'),
  fc
    .tuple(fc.constantFrom('this', 'last', 'next'), fc.constantFrom('hour', 'day', 'week', 'month', 'quarter', 'year'))
    .map((parts) => parts.join(' ')),
);
const condition = fc
  .tuple(
    fc.oneof(
      fc
        .tuple(
          fc.constantFrom('<', '<=', '>', '>=', '=', '!='),
          fc.integer({ min: 0, max: 40 }),
          unit,
          fc.constantFrom('before', 'after', 'from'),
          reference,
        )
        .map((parts) => parts.join(' ')),
      fc.tuple(fc.constantFrom('before', 'after', 'from', 'on'), reference).map((parts) => parts.join(' ')),
      fc.tuple(reference, reference).map(([low, high]) => `between ${low} and ${high}`),
    ),
    fc.constantFrom('', '', ' ignoring year'),
  )
  .map((parts) => `t occurs ${parts.join('')}`);
const instant = fc.oneof(
  fc.integer({ min: 0, max: 500 * DAY_MS }),
  fc.integer({ min: 0, max: 500 * 24 }).map((hours) => hours * HOUR_MS),
  fc.integer({ min: 190 * 96, max: 230 * 96 }).map((quarters) => quarters * (HOUR_MS / 4)),
);

describe('turns', () => {
  for (const timeZone of ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'America/New_York']) {
    it(`S-7 an answer stays until the turn that was announced with it, ${timeZone}`, () => {
      fc.assert(
        fc.property(
          condition,
          instant,
          instant,
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
          (rule, t, now, fractions) => {
            const parsed = parsePql(rule);
            if (!parsed.ok) throw new Error(`${rule}: ${parsed.diagnostics[0]?.message}`);
            const answer = compileTimedPql(parsed.tree, { timeZone });
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
        { numRuns: process.env.ATTUNE_TEST_LONG ? 20_000 : 700, seed: 7 },
      );
    });
  }
});
