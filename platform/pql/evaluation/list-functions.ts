import type { Calendar } from '../time/calendar';
import { DateValue } from '../time/date-value';
import { sumExactly } from './exact-sum';
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

/** Aggregates of a list: numbers for sum and average, values of one kind for min and max; others are skipped. */
export const aggregates: Readonly<Record<string, (values: readonly unknown[], calendar: Calendar) => unknown>> = {
  count: (values) => values.length,
  sum: (values) => toFinite(sumExactly(numbersOf(values))),
  average: (values) => {
    const numbers = numbersOf(values);
    return numbers.length > 0 ? toFinite(sumExactly(numbers) / numbers.length) : undefined;
  },
  min: (values, calendar) => findExtreme(values, -1, calendar),
  max: (values, calendar) => findExtreme(values, 1, calendar),
};

function numbersOf(values: readonly unknown[]): readonly number[] {
  return values.filter((value): value is number => typeof value === 'number');
}

/** A number that is one; `undefined` where it left the range of numbers. */
export function toFinite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Which kind of values is ordered when there are several: numbers before dates before texts. 3: has no order. */
function kindOf(value: unknown): 0 | 1 | 2 | 3 {
  if (typeof value === 'number') return Number.isNaN(value) ? 3 : 0;
  if (value instanceof DateValue) return 1;
  return typeof value === 'string' ? 2 : 3;
}

/** The least (`sign` -1) or greatest (1) of the values of the first kind that is there. */
function findExtreme(values: readonly unknown[], sign: 1 | -1, calendar: Calendar): unknown {
  let extreme: unknown;
  for (const value of values) extreme = toExtreme(extreme, value, sign, calendar);
  return extreme;
}

/** The lesser (`sign` -1) or greater (1) of what was found so far and the next value. */
export function toExtreme(extreme: unknown, value: unknown, sign: 1 | -1, calendar: Calendar): unknown {
  const [kind, known] = [kindOf(value), kindOf(extreme)];
  if (kind > known || kind === 3) return extreme;
  return kind < known || sign * compareValues(value, extreme, calendar) > 0 ? value : extreme;
}

/** The `n` items with the greatest (`sign` 1) or least (-1) values, those first; items without one are left out. */
export function pickExtremes<T>(
  items: readonly { readonly item: T; readonly value: unknown }[],
  n: unknown,
  sign: 1 | -1,
  calendar: Calendar,
): readonly T[] {
  const kind = items.reduce((least, { value }) => Math.min(least, kindOf(value)), 3);
  const ranked = items.filter(({ value }) => kind < 3 && kindOf(value) === kind);
  ranked.sort((a, b) => -sign * compareValues(a.value, b.value, calendar));
  const count = typeof n === 'number' && n > 0 ? Math.floor(n) : 0;
  return ranked.slice(0, count).map(({ item }) => item);
}
