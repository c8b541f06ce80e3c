import { firstAfter } from '../../../../../platform/bisect';
import { addTo, type ExactSum, readSum } from '../../../../../platform/pql/evaluation/exact-sum';
import { toExtreme, toFinite } from '../../../../../platform/pql/evaluation/list-functions';
import { toKey } from '../../../../../platform/pql/evaluation/values';
import type { Calendar } from '../../../../../platform/pql/time/calendar';

/** What is kept of the events that fit a series. */
export interface Series {
  /** Times, rising, of the events that are kept one by one. */
  readonly times: number[];
  /** What was read from each of them; absent where the times are enough. */
  readonly values?: unknown[];
  /** What all of them came to, also those that are not kept. */
  readonly total: Total;
}

/** What events came to, in whatever order they were added. */
export interface Total {
  /** How many events; with values, how many of those. */
  count: number;
  numbers: number;
  readonly sum: ExactSum;
  /** The least and the greatest value, of the first kind that there is. */
  least: unknown;
  greatest: unknown;
  /** Each different value by its key; only where it is asked for. */
  readonly distinct?: Map<string, unknown>;
}

/** Nothing yet. */
export function createSeries(withValues: boolean, withDistinct: boolean): Series {
  return { times: [], ...(withValues && { values: [] }), total: createTotal(withDistinct) };
}

/** Nothing yet. */
function createTotal(withDistinct: boolean): Total {
  return {
    count: 0,
    numbers: 0,
    sum: [],
    least: undefined,
    greatest: undefined,
    ...(withDistinct && { distinct: new Map() }),
  };
}

/** What of a total is read. */
export type TotalKind = 'count' | 'sum' | 'average' | 'min' | 'max' | 'values';

/** Adds one value to what was there. */
export function addValue(total: Total, value: unknown, calendar: Calendar): void {
  for (const add of Object.values(ADD)) add(total, value, calendar);
}

/** Adds a value to what one kind reads of a total, and to no more. */
const ADD = { count: addToCount, sum: addToSum, min: addToLeast, max: addToGreatest, values: addToDistinct };

function addToCount(total: Total): void {
  total.count++;
}

function addToSum(total: Total, value: unknown): void {
  if (typeof value !== 'number') return;
  total.numbers++;
  addTo(total.sum, value);
}

function addToLeast(total: Total, value: unknown, calendar: Calendar): void {
  total.least = toExtreme(total.least, value, -1, calendar);
}

function addToGreatest(total: Total, value: unknown, calendar: Calendar): void {
  total.greatest = toExtreme(total.greatest, value, 1, calendar);
}

function addToDistinct(total: Total, value: unknown): void {
  total.distinct?.set(toKey(value), value);
}

/** What a feature comes to, from what its events came to. */
export function readTotal(total: Total | undefined, kind: TotalKind): unknown {
  switch (kind) {
    case 'count':
      return total?.count ?? 0;
    case 'sum':
      return total ? toFinite(readSum(total.sum)) : 0;
    case 'average':
      return total && total.numbers > 0 ? toFinite(readSum(total.sum) / total.numbers) : undefined;
    case 'min':
      return total?.least;
    case 'max':
      return total?.greatest;
    case 'values':
      return [...(total?.distinct?.values() ?? [])];
  }
}

/** What a feature comes to over the events from place `from` to before place `to`. */
export function readStretch(
  { values }: Series,
  { from, to }: { readonly from: number; readonly to: number },
  kind: TotalKind,
  calendar: Calendar,
): unknown {
  if (kind === 'count' && !values) return Math.max(0, to - from);
  const total = createTotal(kind === 'values');
  const add = ADD[kind === 'average' ? 'sum' : kind];
  for (let place = from; place < to; place++) {
    const entry = values?.[place];
    if (Array.isArray(entry)) for (const value of entry) add(total, value, calendar);
    else add(total, entry, calendar);
  }
  return readTotal(total, kind);
}

/** Puts an event in its place by time. Most come last. */
export function insert({ times, values }: Series, t: number, value: unknown): void {
  const last = times.at(-1);
  if (last === undefined || last <= t) {
    times.push(t);
    values?.push(value);
    return;
  }
  const place = firstAfter(times, t);
  times.splice(place, 0, t);
  values?.splice(place, 0, value);
}

/** Drops the oldest `count` of the events that are kept. */
export function dropOldest({ times, values }: Series, count: number): void {
  if (count <= 0) return;
  times.splice(0, count);
  values?.splice(0, count);
}
