import type { Calendar } from '../time/calendar';
import { DateValue } from '../time/date-value';

/** True for `undefined` and `null`: what is not there. */
export function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A list as it is, nothing for what is missing, and anything else as a list of one. */
export function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isMissing(value) ? [] : [value];
}

/** The text of a text or date; `undefined` for anything else. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof DateValue ? value.toJSON() : undefined;
}

/** A date as it is, or read from ISO 8601 text; `undefined` for anything else. */
export function toDate(value: unknown, calendar: Calendar): DateValue | undefined {
  if (value instanceof DateValue) return value;
  return typeof value === 'string' ? calendar.parse(value) : undefined;
}

/**
 * Negative, 0 or positive as `a` comes before `b`: numbers by size, texts by their characters, a date with a date or
 * its text by time. NaN when they cannot be compared.
 */
export function compareValues(a: unknown, b: unknown, calendar: Calendar): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (!(a instanceof DateValue) && !(b instanceof DateValue)) return Number.NaN;
  const [left, right] = [toDate(a, calendar), toDate(b, calendar)];
  return left && right ? left.startMs - right.startMs : Number.NaN;
}

/** True when both are there and the same; lists and maps by what is in them. */
export function areEqual(a: unknown, b: unknown, calendar: Calendar): boolean {
  if (isMissing(a) || isMissing(b)) return false;
  if (a === b) return true;
  if (typeof a !== 'object' && typeof b !== 'object') return false;
  if (a instanceof DateValue || b instanceof DateValue) return compareValues(a, b, calendar) === 0;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), b as Record<string, unknown>];
  if (left.length !== Object.keys(right).length) return false;
  return left.every(([key, value]) => areEqual(value, Object.hasOwn(right, key) ? right[key] : undefined, calendar));
}

/** `value` with every letter small, also in lists: equal values are then equal but for case. */
export function withoutCase(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  return Array.isArray(value) ? value.map(withoutCase) : value;
}

/** A key that is the same for equal values, to tell distinct ones apart. */
export function toKey(value: unknown): string {
  if (value instanceof DateValue) return `d${value.startMs}`;
  if (typeof value === 'string') return `s${value}`;
  return `j${JSON.stringify(value, sortKeys)}`;
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
