import type { ProfileEvent } from '../../../../../flow/events';
import type { Aggregate, Row, Scalar } from '../computed-attribute';
import { compareRows } from '../rows';

/** What is kept of a text is bounded: longer ones are skipped, so that a state stays small. */
const MOST_CHARACTERS = 1024;

type Extreme = string | number | undefined;

/** The least (`sign` -1) or greatest (1) value: numbers by size, texts by their characters; a number before any text. */
export function createExtreme(sign: 1 | -1): Aggregate<Extreme> {
  const pick = (a: Extreme, b: Extreme): Extreme => (isBeyond(b, a, sign) ? b : a);
  const best = (values: readonly unknown[]): Extreme => values.filter(isComparable).reduce<Extreme>(pick, undefined);
  return {
    empty: undefined,
    rowsOf: ({ timestampMs }, values) => {
      const value = best(values);
      return value === undefined ? [] : [[timestampMs, value]];
    },
    fold: (whole, rows) => pick(whole, best(rows.map(([, value]) => value))),
    merge: pick,
    read: (whole) => whole,
    thin: (rows) => {
      let seen: Extreme;
      return filterFromLast(rows, ([, value]) => {
        if (!isComparable(value) || !isBeyond(value, seen, sign)) return false;
        seen = value;
        return true;
      });
    },
  };
}

/** The value of the first event: by time, then by key. Of a list its first element that can be kept. */
export function createFirst(): Aggregate<Row | undefined> {
  return {
    ...createPick((a, b) => compareRows(a, b) < 0),
    rowsOf: (event, values) => toRow(event, values.find(isKept)),
    thin: (rows) => rows.filter(([atMs], index) => rows[index - 1]?.[0] !== atMs),
  };
}

/** The value of the last event: by time, then by key. Of a list its last element that can be kept. */
export function createLast(): Aggregate<Row | undefined> {
  return {
    ...createPick((a, b) => compareRows(a, b) > 0),
    rowsOf: (event, values) => toRow(event, values.findLast(isKept)),
    thin: (rows) => rows.slice(-1),
  };
}

/** The rows, in their order, for which `isSeen` holds when asked from the last to the first. */
export function filterFromLast(rows: readonly Row[], isSeen: (row: Row) => boolean): readonly Row[] {
  return rows.toReversed().filter(isSeen).toReversed();
}

/** True for text, numbers and booleans of a size that is kept. */
export function isKept(value: unknown): value is Scalar {
  if (typeof value === 'string') return value.length <= MOST_CHARACTERS;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function createPick(isBefore: (a: Row, b: Row) => boolean): Omit<Aggregate<Row | undefined>, 'rowsOf'> {
  const pick = (a: Row | undefined, b: Row | undefined): Row | undefined => (a && b && !isBefore(b, a) ? a : (b ?? a));
  return {
    empty: undefined,
    fold: (whole, rows) => rows.reduce(pick, whole),
    merge: pick,
    read: (whole) => whole?.[1],
  };
}

function toRow({ timestampMs, key }: ProfileEvent, value: Scalar | undefined): readonly Row[] {
  return value === undefined ? [] : [[timestampMs, value, key]];
}

function isComparable(value: unknown): value is string | number {
  return typeof value !== 'boolean' && isKept(value);
}

function isBeyond(value: Extreme, other: Extreme, sign: 1 | -1): boolean {
  if (value === undefined) return false;
  if (other === undefined) return true;
  if (typeof value !== typeof other) return typeof value === 'number';
  return sign === 1 ? value > other : value < other;
}
