import type { AnyBulkWriteOperation } from 'mongodb';
import { fieldsOf } from '../keys';
import type { CollectionSpec, Commit, Write } from '../store';
import { groupBy } from './group-by';
import { type Row, rowId, toFields } from './rows';

type Operation = AnyBulkWriteOperation<Row>;

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

/** One write as MongoDB takes it. That an expectation does not hold shows in the counts of the result. */
export function toOperation(sandbox: string, write: Write, fields: readonly string[]): Operation {
  const _id = rowId(sandbox, write.id);
  const filter = write.expected === undefined || write.expected === null ? { _id } : { _id, v: write.expected };
  if (write.kind === 'delete') return { deleteOne: { filter } };
  const b = write.json ?? JSON.stringify(write.value);
  const { set, absent } = toFields(write.value, fields);
  if (write.expected === null) return { insertOne: { document: { _id, s: sandbox, k: write.id, v: 1, b, ...set } } };
  const update = {
    $set: { b, ...set },
    $inc: { v: 1 },
    ...(absent.length > 0 ? { $unset: Object.fromEntries(absent.map((key) => [key, ''] as const)) } : {}),
    ...(write.expected === undefined ? { $setOnInsert: { s: sandbox, k: write.id } } : {}),
  };
  return { updateOne: { filter, update, upsert: write.expected === undefined } } as Operation;
}

/** How many of the operations must have found their document. */
export function expectedMatches(writes: readonly Write[]): number {
  return writes.filter((write) => write.kind === 'put' && write.expected !== null).length;
}
