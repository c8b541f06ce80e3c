import fc from 'fast-check';

const HOUR_MS = 3_600_000;
/** A day of 24 hours. */
export const DAY_MS = 24 * HOUR_MS;
/** When the instants begin. */
export const START_MS = Date.UTC(2023, 8, 1);

const unit = fc.constantFrom('second', 'minutes', 'hours', 'days', 'weeks', 'months', 'quarters', 'years');
const reference = fc.oneof(
  fc.constantFrom('now', 'now', 'today', 'yesterday', 'tomorrow', 'date(2024, 2, 29)'),
  fc
    .tuple(fc.constantFrom('this', 'last', 'next'), fc.constantFrom('hour', 'day', 'week', 'month', 'quarter', 'year'))
    .map((parts) => parts.join(' ')),
);
/** Conditions on `t`. */
export const conditions = fc
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
/** Milliseconds after START_MS: many at changes of clocks. */
export const instants = fc.oneof(
  fc.integer({ min: 0, max: 500 * DAY_MS }),
  fc.integer({ min: 0, max: 500 * 24 }).map((hours) => hours * HOUR_MS),
  fc.integer({ min: 190 * 96, max: 230 * 96 }).map((quarters) => quarters * (HOUR_MS / 4)),
);
