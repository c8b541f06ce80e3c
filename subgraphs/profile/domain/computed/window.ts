import { createCalendar } from '../../../../platform/pql/time/calendar';
import type { Row } from './computed-attribute';
import type { Span } from './duration';
import { indexAfter } from './rows';

/** A window that ends at the instant asked about: it holds t where `lowerMs(now)` < t ≤ now. */
export interface Window {
  readonly lowerMs: (nowMs: number) => number;
  /** At `nowMs` or later the window never again holds what is at or before this. */
  readonly goneMs: (nowMs: number) => number;
  /** The first instant after `nowMs` at which the window's lower end passes a row. */
  readonly nextPassMs: (rows: readonly Row[], nowMs: number) => number | undefined;
}

const DAY_MS = 86_400_000;

/**
 * At the ends of months the lower end moves backwards: a month before 28 March, 23:00, is 28 February, 23:00, and an
 * hour later it is 28 February, 0:00. Clocks and date lines that are moved add a day at most.
 */
const SLACK_MS = 5 * DAY_MS;

/** The window of this length; months step by the calendar of the IANA zone, as in PQL. */
export function createWindow(span: Span, timeZone: string): Window {
  return span.months === 0 ? createFixedWindow(span.ms) : createCalendarWindow(span, timeZone);
}

function createFixedWindow(lengthMs: number): Window {
  const lowerMs = (nowMs: number): number => nowMs - lengthMs;
  return {
    lowerMs,
    goneMs: lowerMs,
    nextPassMs(rows, nowMs) {
      const oldest = rows[indexAfter(rows, lowerMs(nowMs))];
      return oldest && oldest[0] + lengthMs;
    },
  };
}

function createCalendarWindow({ months, ms }: Span, timeZone: string): Window {
  const calendar = createCalendar(timeZone);
  const lowerMs = (nowMs: number): number => calendar.plus(nowMs, -months, 'month') - ms;
  const upperMs = (atMs: number): number => calendar.plus(atMs + ms, months, 'month');
  const goneMs = (nowMs: number): number => lowerMs(nowMs) - SLACK_MS;
  return {
    lowerMs,
    goneMs,
    nextPassMs(rows, nowMs) {
      let fromMs = nowMs;
      for (;;) {
        const oldest = rows[indexAfter(rows, goneMs(fromMs))];
        if (!oldest) return undefined;
        fromMs = Math.max(fromMs, upperMs(oldest[0]) - SLACK_MS);
        const passMs = findPass(rows, lowerMs, fromMs, fromMs + DAY_MS);
        if (passMs !== undefined) return passMs;
        fromMs += DAY_MS;
      }
    },
  };
}

/**
 * The first instant after `fromMs`, up to `toMs`, at which `lowerMs` passes a row. Between the instants at which it
 * leaps, it moves as time does; halving finds the leaps.
 */
function findPass(
  rows: readonly Row[],
  lowerMs: (nowMs: number) => number,
  fromMs: number,
  toMs: number,
): number | undefined {
  const [from, to] = [lowerMs(fromMs), lowerMs(toMs)];
  if (to - from === toMs - fromMs || toMs - fromMs === 1) {
    const passed = rows[indexAfter(rows, Math.min(from, to))];
    if (!passed || passed[0] > Math.max(from, to)) return undefined;
    return toMs - fromMs === 1 ? toMs : fromMs + passed[0] - from;
  }
  const middleMs = Math.floor((fromMs + toMs) / 2);
  return findPass(rows, lowerMs, fromMs, middleMs) ?? findPass(rows, lowerMs, middleMs, toMs);
}
