import type { Document } from 'mongodb';
import { fieldsOf } from '../keys';
import type { CollectionSpec, Commit, Write } from '../store';
import { groupBy } from './group-by';
import { rowId, toFields } from './rows';

/** One write as MongoDB takes it. */
export type Operation =
  | { readonly kind: 'insert'; readonly document: Document; readonly units: number }
  | {
      readonly kind: 'update';
      readonly filter: Document;
      readonly update: Document;
      readonly upsert: boolean;
      readonly units: number;
    }
  | { readonly kind: 'delete'; readonly filter: Document; readonly units: number };

/** The writes of several commits to one collection, in the order in which they are to run. */
export interface RowWrites {
  readonly spec: CollectionSpec;
  readonly operations: readonly Operation[];
  /** The commit of each operation: its index among the commits. */
  readonly owners: readonly number[];
  readonly writes: readonly Write[];
}

/** Groups the commits' writes by collection: what frees first, so that unique values can move within a commit. */
export function toRowWrites(
  specs: ReadonlyMap<string, CollectionSpec>,
  commits: readonly Commit[],
): readonly RowWrites[] {
  const all = commits.flatMap((commit, owner) => commit.writes.map((write) => ({ commit, owner, write })));
  const byCollection = groupBy(all, ({ write }) => write.collection);
  return [...byCollection].map(([name, items]) => {
    const spec = specs.get(name);
    if (!spec) throw new Error(`No collection ${name} was declared when the store was opened.`);
    const ordered = hasTwice(items.map((item) => rowId(item.commit.sandbox, item.write.id)))
      ? items
      : items.toSorted((a, b) => rankOf(a.write) - rankOf(b.write));
    const fields = fieldsOf(spec.indexes);
    return {
      spec,
      operations: ordered.map((item) => toOperation(item.commit.sandbox, item.write, fields)),
      owners: ordered.map((item) => item.owner),
      writes: ordered.map((item) => item.write),
    };
  });
}

function hasTwice(ids: readonly string[]): boolean {
  return new Set(ids).size < ids.length;
}

function rankOf(write: Write): number {
  if (write.kind === 'delete') return 0;
  return write.expected === null ? 2 : 1;
}

/** One write as an operation; `units` is about how long it is. That an expectation does not hold shows in what it met. */
export function toOperation(sandbox: string, write: Write, fields: readonly string[]): Operation {
  const _id = rowId(sandbox, write.id);
  const filter = write.expected === undefined || write.expected === null ? { _id } : { _id, v: write.expected };
  if (write.kind === 'delete') return { kind: 'delete', filter, units: UNITS_BESIDE_BODY };
  const b = write.json ?? JSON.stringify(write.value);
  const units = b.length + UNITS_BESIDE_BODY;
  const { set, absent } = toFields(write.value, fields);
  if (write.expected === null) {
    return { kind: 'insert', document: { _id, s: sandbox, k: write.id, v: 1, b, ...set }, units };
  }
  const update = {
    $set: { b, ...set },
    $inc: { v: 1 },
    ...(absent.length > 0 ? { $unset: Object.fromEntries(absent.map((key) => [key, ''] as const)) } : {}),
    ...(write.expected === undefined ? { $setOnInsert: { s: sandbox, k: write.id } } : {}),
  };
  return { kind: 'update', filter, update, upsert: write.expected === undefined, units };
}

/** More than names, ids and indexed fields take. */
export const UNITS_BESIDE_BODY = 4096;

/** How many of the operations must have found their document. */
export function expectedMatches(writes: readonly Write[]): number {
  return writes.filter((write) => write.kind === 'put' && write.expected !== null).length;
}
