import { createHash } from 'node:crypto';
import type { Aggregate, Scalar } from '../computed-attribute';
import { filterFromLast } from './picks';

/** A value is told apart by itself up to this length, beyond by its hash. */
const MOST_CHARACTERS = 40;

/** How many different values there are. Text, numbers and booleans count; "1" and 1 are two. */
export function createDistinctCount(): Aggregate<readonly string[]> {
  return {
    empty: [],
    rowsOf: ({ timestampMs }, values) =>
      [...new Set(values.filter(isScalar).map(toKey))].map((key) => [timestampMs, key]),
    fold: (whole, rows) =>
      union(
        whole,
        rows.map(([, key]) => String(key)),
      ),
    merge: union,
    read: (whole) => whole.length,
    thin: (rows) => {
      const seen = new Set<Scalar>();
      return filterFromLast(rows, ([, key]) => !seen.has(key) && seen.add(key) !== undefined);
    },
  };
}

/** Sorted, each once; `known` is so before. */
function union(known: readonly string[], keys: readonly string[]): readonly string[] {
  const all = new Set(known);
  const fresh = keys.filter((key) => !all.has(key) && all.add(key) !== undefined);
  return fresh.length > 0 ? [...known, ...fresh.sort()].sort() : known;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function toKey(value: Scalar): string {
  const key = `${typeof value === 'string' ? '"' : ''}${value}`;
  return key.length > MOST_CHARACTERS ? `#${createHash('sha256').update(key).digest('base64url')}` : key;
}
