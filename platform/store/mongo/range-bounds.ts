import { MaxKey, MinKey } from 'mongodb';
import type { Bound, CollectionSpec, IndexSpec, IndexValue, RangeQuery } from '../store';
import { fieldKey } from './rows';

type BoundValue = IndexValue | MinKey | MaxKey;

/** A range as MongoDB takes it: from `min`, itself included, to just before `max`. */
export interface RangeBounds {
  readonly min: Record<string, BoundValue>;
  readonly max: Record<string, BoundValue>;
  readonly sort: Record<string, 1 | -1>;
}

/** The bounds of `query` in the index's own order; `undefined` when nothing can lie between them. */
export function toRangeBounds(spec: CollectionSpec, sandbox: string, query: RangeQuery): RangeBounds | undefined {
  const index = indexOf(spec, query.index);
  const keys = ['s', ...index.fields.map(fieldKey), 'k'];
  const prefix = [sandbox, ...(query.prefix ?? [])];
  const { lower, upper } = query;
  const min = toPlace(keys.length, prefix, lower, isGiven(lower) && !lower.inclusive);
  const max = toPlace(keys.length, prefix, upper, !isGiven(upper) || upper.inclusive);
  if (comparePlaces(min, max) >= 0) return undefined;
  return {
    min: toRecord(keys, min),
    max: toRecord(keys, max),
    sort: toRecord(
      keys,
      keys.map(() => (query.reverse ? -1 : 1)),
    ),
  };
}

/** The index of that name. */
export function indexOf(spec: CollectionSpec, name: string): IndexSpec {
  const index = spec.indexes.find((each) => each.name === name);
  if (!index) throw new Error(`The collection ${spec.name} declares no index ${name}.`);
  return index;
}

function isGiven(bound: Bound | undefined): bound is Bound {
  return bound !== undefined && bound.values.length > 0;
}

// The place just before everything that begins with the prefix and the bound's values, or just `after` all of it.
function toPlace(
  length: number,
  prefix: readonly IndexValue[],
  bound: Bound | undefined,
  after: boolean,
): readonly BoundValue[] {
  const values = [...prefix, ...(bound?.values ?? [])].slice(0, length);
  // U+0000 is in no id, so nothing lies between an id and this.
  if (values.length === length) return after ? [...values.slice(0, -1), `${values.at(-1)}\0`] : values;
  const open = Array.from({ length: length - values.length }, () => (after ? new MaxKey() : new MinKey()));
  return [...values, ...open];
}

function toRecord<T>(keys: readonly string[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(values.map((value, at) => [`${keys[at]}`, value]));
}

function comparePlaces(a: readonly BoundValue[], b: readonly BoundValue[]): number {
  for (const [at, value] of a.entries()) {
    const order = compareValues(value, b[at] ?? new MinKey());
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: BoundValue, b: BoundValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return rankOf(a) - rankOf(b);
}

function rankOf(value: BoundValue): number {
  if (typeof value === 'number') return 1;
  if (typeof value === 'string') return 2;
  return value instanceof MinKey ? 0 : 3;
}
