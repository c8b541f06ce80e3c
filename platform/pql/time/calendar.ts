import type { Unit } from '../unit';
import { DateValue, toInstant } from './date-value';
import { createZone } from './zone';

/** A calendar in one time zone. Instants are milliseconds; NaN stands for a date that there is not. */
export interface Calendar {
  /** The start of the unit that holds `ms`. Weeks start on Sunday. */
  startOf(unit: Unit, ms: number): number;
  /** The start of the unit that lies `count` after the one that holds `ms`. */
  startAfter(unit: Unit, ms: number, count: number): number;
  /** `count` units later: days are 24 hours, months and longer steps of the calendar, cut to the month's last day. */
  plus(ms: number, count: number, unit: Unit): number;
  /** As `plus`, but days and weeks too are steps of the calendar. */
  step(ms: number, count: number, unit: Unit): number;
  /** What a clock and calendar on the wall show. */
  partsOf(ms: number): { readonly year: number; readonly month: number; readonly day: number };
  /** The same month, day and time in another year; the 29th of February is the 28th where there is none. */
  inYear(ms: number, year: number): number;
  /** The day of these numbers; `undefined` when the calendar has none. */
  day(year: number, month: number, day: number): DateValue | undefined;
  dayOf(ms: number): DateValue | undefined;
  /** ISO 8601 text: a date, or a date with time, in this zone unless it names an offset. */
  parse(text: string): DateValue | undefined;
  /** The first instant after `ms`, before `untilMs`, at which the clocks are changed. */
  nextClockChange(ms: number, untilMs: number): number | undefined;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const FIXED_MS: Readonly<Partial<Record<Unit, number>>> = {
  millisecond: 1,
  second: SECOND_MS,
  minute: 60 * SECOND_MS,
  hour: 3600 * SECOND_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const MONTHS: Readonly<Partial<Record<Unit, number>>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
};
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?$/i;

/** The length of a unit that is always as long, in milliseconds; `undefined` for months and longer ones. */
export function fixedLengthMs(unit: Unit): number | undefined {
  return FIXED_MS[unit];
}

/** The calendar of an IANA time zone (default: UTC). */
export function createCalendar(timeZone = 'UTC'): Calendar {
  const { toLocal, fromLocal, nextClockChange } = createZone(timeZone);

  const startAfter = (unit: Unit, ms: number, count: number): number => {
    const local = toLocal(ms);
    const months = MONTHS[unit];
    if (months !== undefined) {
      const index = Math.floor(monthIndex(local) / months) + count;
      return fromLocal(fromMonthIndex(index * months));
    }
    if (unit === 'day' || unit === 'week') {
      const today = Math.floor(local / DAY_MS);
      const first = unit === 'day' ? today : today - weekday(today);
      return fromLocal((first + count * (unit === 'day' ? 1 : 7)) * DAY_MS);
    }
    const length = FIXED_MS[unit] ?? 1;
    return Math.floor(local / length) * length - (local - ms) + count * length;
  };

  const step = (ms: number, count: number, unit: Unit): number => {
    const months = MONTHS[unit];
    if (months !== undefined) return fromLocal(addMonths(toLocal(ms), count * months));
    const length = FIXED_MS[unit] ?? 1;
    return length < DAY_MS ? ms + count * length : fromLocal(toLocal(ms) + count * length);
  };

  const plus = (ms: number, count: number, unit: Unit): number => {
    const length = FIXED_MS[unit];
    return length === undefined ? step(ms, count, unit) : ms + count * length;
  };

  const toDay = (localMs: number): DateValue | undefined => {
    if (!(Math.abs(localMs) < 8.64e15)) return undefined;
    return new DateValue(fromLocal(localMs), fromLocal(localMs + DAY_MS), new Date(localMs).toISOString().slice(0, 10));
  };

  const day = (year: number, month: number, dayOfMonth: number): DateValue | undefined => {
    const isDay = Number.isInteger(year) && Number.isInteger(month) && Number.isInteger(dayOfMonth);
    if (!isDay || year < 0 || year > 9999 || month < 1 || month > 12) return undefined;
    if (dayOfMonth < 1 || dayOfMonth > daysIn(year, month - 1)) return undefined;
    return toDay(fromMonthIndex(year * 12 + month - 1) + (dayOfMonth - 1) * DAY_MS);
  };

  const parse = (text: string): DateValue | undefined => {
    const match = ISO.exec(text);
    if (!match) return undefined;
    const [, year, month, dayOfMonth, hours, minutes, seconds = '0', fraction = '', utc, sign, offsetHours] = match;
    const date = day(Number(year), Number(month), Number(dayOfMonth));
    if (!date || hours === undefined) return date;
    if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
    const clockMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND_MS;
    const midnight = fromMonthIndex(Number(year) * 12 + Number(month) - 1) + (Number(dayOfMonth) - 1) * DAY_MS;
    const localMs = midnight + clockMs + Number(fraction.slice(0, 3).padEnd(3, '0'));
    if (utc === undefined && sign === undefined) return toInstant(fromLocal(localMs));
    const offsetMinutes = Number(offsetHours ?? 0) * 60 + Number(match[11] ?? 0);
    return toInstant(localMs - (sign === '-' ? -1 : 1) * offsetMinutes * 60 * SECOND_MS);
  };

  return {
    startOf: (unit, ms) => startAfter(unit, ms, 0),
    startAfter,
    plus,
    step,
    partsOf: (ms) => partsOf(toLocal(ms)),
    inYear(ms, year) {
      const local = toLocal(ms);
      const parts = partsOf(local);
      return fromLocal(addMonths(local, (year - parts.year) * 12));
    },
    day,
    dayOf: (ms) => toDay(Math.floor(toLocal(ms) / DAY_MS) * DAY_MS),
    parse,
    nextClockChange,
  };
}

/** 0 is a Sunday. Day 0, the first of 1970, was a Thursday. */
function weekday(dayNumber: number): number {
  return (((dayNumber + 4) % 7) + 7) % 7;
}

function partsOf(localMs: number): { year: number; month: number; day: number } {
  const date = new Date(localMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function monthIndex(localMs: number): number {
  const date = new Date(localMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function fromMonthIndex(index: number): number {
  const year = Math.floor(index / 12);
  return new Date(0).setUTCFullYear(year, index - year * 12, 1);
}

function daysIn(year: number, zeroBasedMonth: number): number {
  const start = fromMonthIndex(year * 12 + zeroBasedMonth);
  return Math.round((fromMonthIndex(year * 12 + zeroBasedMonth + 1) - start) / DAY_MS);
}

function addMonths(localMs: number, months: number): number {
  const index = monthIndex(localMs) + months;
  const year = Math.floor(index / 12);
  const start = fromMonthIndex(index);
  const dayOfMonth = Math.min(new Date(localMs).getUTCDate(), daysIn(year, index - year * 12));
  return start + (dayOfMonth - 1) * DAY_MS + (localMs - Math.floor(localMs / DAY_MS) * DAY_MS);
}
