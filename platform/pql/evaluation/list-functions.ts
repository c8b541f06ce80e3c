import type { Calendar } from '../time/calendar';
import { areEqual, compareValues, isMissing, toKey, toList, withoutCase } from './values';

type SetFunction = (left: unknown, right: unknown, calendar: Calendar) => unknown;

const holds = (list: readonly unknown[], value: unknown, calendar: Calendar): boolean =>
  list.some((item) => areEqual(item, value, calendar));

const isWithin: SetFunction = (part, whole, calendar) => {
  if (isMissing(part) || isMissing(whole)) return false;
  const list = toList(whole);
  return toList(part).every((item) => holds(list, item, calendar));
};

/** Functions of two lists, or a value and a list. */
export const setFunctions: Readonly<Record<string, SetFunction>> = {
  in: (value, list, calendar) => holds(toList(list), value, calendar),
  notIn: (value, list, calendar) => !isMissing(value) && !holds(toList(list), value, calendar),
  includes: (list, value, calendar) => holds(toList(list), value, calendar),
  intersects: (a, b, calendar) => toList(a).some((item) => holds(toList(b), item, calendar)),
  intersection: (a, b, calendar) => toList(a).filter((item) => holds(toList(b), item, calendar)),
  subsetOf: isWithin,
  supersetOf: (whole, part, calendar) => isWithin(part, whole, calendar),
};

/** Applies a set function, without regard to case when asked. */
export function applySet(
  apply: SetFunction,
  left: unknown,
  right: unknown,
  ignoreCase: boolean,
  calendar: Calendar,
): unknown {
  return ignoreCase ? apply(withoutCase(left), withoutCase(right), calendar) : apply(left, right, calendar);
}

/** Each value once, at its first place. */
export function distinct(list: readonly unknown[]): readonly unknown[] {
  const seen = new Map<string, unknown>();
  for (const item of list) {
    const key = toKey(item);
    if (!seen.has(key)) seen.set(key, item);
  }
  return [...seen.values()];
}

/** Aggregates of a list. Values of another kind than numbers (for min and max: than the first) are skipped. */
export const aggregates: Readonly<Record<string, (values: readonly unknown[], calendar: Calendar) => unknown>> = {
  count: (values) => values.length,
  sum: (values) => numbersOf(values).reduce((sum, value) => sum + value, 0),
  average: (values) => {
    const numbers = numbersOf(values);
    return numbers.length > 0 ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : undefined;
  },
  min: (values, calendar) => findExtreme(values, -1, calendar),
  max: (values, calendar) => findExtreme(values, 1, calendar),
};

function numbersOf(values: readonly unknown[]): readonly number[] {
  return values.filter((value): value is number => typeof value === 'number' && !Number.isNaN(value));
}

function findExtreme(values: readonly unknown[], sign: 1 | -1, calendar: Calendar): unknown {
  let extreme: unknown;
  for (const value of values) {
    const isComparable = !Number.isNaN(compareValues(value, value, calendar));
    if (!isComparable) continue;
    if (extreme === undefined || sign * compareValues(value, extreme, calendar) > 0) extreme = value;
  }
  return extreme;
}

/** The `n` items with the greatest (`sign` 1) or least (-1) values, those first; items without value are left out. */
export function pickExtremes<T>(
  items: readonly { readonly item: T; readonly value: unknown }[],
  n: unknown,
  sign: 1 | -1,
  calendar: Calendar,
): readonly T[] {
  const [first] = items.filter(({ value }) => !Number.isNaN(compareValues(value, value, calendar)));
  const ranked = items.filter(({ value }) => first && !Number.isNaN(compareValues(value, first.value, calendar)));
  ranked.sort((a, b) => -sign * compareValues(a.value, b.value, calendar));
  const count = typeof n === 'number' && n > 0 ? Math.floor(n) : 0;
  return ranked.slice(0, count).map(({ item }) => item);
}
