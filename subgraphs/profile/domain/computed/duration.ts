import { Duration } from 'luxon';

/** A stretch of time: steps of the calendar, then milliseconds. A day is 24 hours. */
export interface Span {
  readonly months: number;
  readonly ms: number;
}

/** The longest there may be: 10,000 years. */
const MOST_MONTHS = 120_000;
const MOST_MS = MOST_MONTHS * 2_629_746_000;

/**
 * The span of an ISO 8601 duration; `undefined` when the text is none, is not above zero, parts a month, or exceeds
 * 10,000 years.
 */
export function parseSpan(text: string): Span | undefined {
  const duration = Duration.fromISO(text);
  if (!duration.isValid || Object.values(duration.toObject()).some((amount) => amount < 0)) return undefined;
  const months = duration.years * 12 + duration.months;
  const ms = Math.round(duration.set({ years: 0, months: 0 }).toMillis());
  const fits = Number.isInteger(months) && months <= MOST_MONTHS && ms <= MOST_MS;
  return fits && months + ms > 0 ? { months, ms } : undefined;
}

/**
 * The length of an ISO 8601 duration in whole milliseconds, years and months at their mean (a year is 365.2425 days);
 * `undefined` when the text is none, is not above zero, or exceeds 10,000 years.
 */
export function parseLengthMs(text: string): number | undefined {
  const duration = Duration.fromISO(text, { conversionAccuracy: 'longterm' });
  if (!duration.isValid || Object.values(duration.toObject()).some((amount) => amount < 0)) return undefined;
  const ms = Math.round(duration.toMillis());
  return ms > 0 && ms <= MOST_MS ? ms : undefined;
}
