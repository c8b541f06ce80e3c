import { fieldsOf, toIndexValue } from '../keys';
import type { CollectionSpec, Commit, IndexValue, Write } from '../store';

/**
 * A write as it is handed to whoever does it, plain so that it can go to another thread. `expected`: the version that must
 * be there, `NONE`, or `ANY`. Without a body it removes. Last the indexed fields, in the order of `fieldsOf`.
 */
export type PackedWrite = readonly [
  collection: string,
  id: string,
  expected: number,
  body: string | null,
  ...fields: (IndexValue | null)[],
];

/** An entry of the log: the table of its stream, and what is in its row but the position. */
export type PackedEntry = readonly [table: string, key: string, id: string, at: number, body: string];

export interface PackedCommit {
  readonly sandbox: string;
  readonly writes: readonly PackedWrite[];
  readonly entries: readonly PackedEntry[];
}

/** Commits that are written together, and the last position in the table of each stream that they append to. */
export interface PackedGroup {
  readonly commits: readonly PackedCommit[];
  readonly heads: ReadonlyMap<string, number>;
}

/** Any version, or none at all. */
export const ANY = -1;
/** No document may be there. */
export const NONE = 0;

/** Packs commits for the collections of a store. Fails on a collection that was not declared. */
export function createPacking(
  specs: readonly CollectionSpec[],
  tableOf: (stream: string) => string,
): (commit: Commit) => PackedCommit {
  const fields = new Map(specs.map((spec) => [spec.name, fieldsOf(spec.indexes)]));
  const pack = (write: Write): PackedWrite => {
    const { collection, id } = write;
    const indexed = fields.get(collection);
    if (!indexed) throw new Error(`No collection ${collection} was declared when the store was opened.`);
    const expected = write.expected === undefined ? ANY : (write.expected ?? NONE);
    if (write.kind === 'delete') return [collection, id, expected, null];
    const document = write.value as Readonly<Record<string, unknown>>;
    const values = indexed.map((field) => toIndexValue(document[field]));
    return [collection, id, expected, write.json ?? JSON.stringify(write.value), ...values];
  };
  return ({ sandbox, writes, entries = [] }) => ({
    sandbox,
    writes: writes.map(pack),
    entries: entries.map(({ stream, key, id, at, body, json = JSON.stringify(body) }) => {
      return [tableOf(stream), key, id, at, json];
    }),
  });
}
