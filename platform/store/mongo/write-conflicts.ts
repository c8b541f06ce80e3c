import { type ClientSession, type Db, MongoBulkWriteError } from 'mongodb';
import type { AppError } from '../../errors';
import { conflictOn } from '../conflict';
import type { WaitingCommit } from '../group-commit';
import type { CollectionSpec, Write } from '../store';
import { groupBy } from './group-by';
import { rowId, rowsOf } from './rows';

const DUPLICATE_KEY = 11000;

/** An expectation of a write does not hold: whose is found by looking. */
export class Mismatch extends Error {}

/** A write broke a unique index; `owner` is its commit's place in the group. */
export class OwnedConflict extends Error {
  constructor(
    readonly owner: number,
    readonly conflict: AppError,
  ) {
    super(conflict.message);
  }
}

/** What a bulk write's error says about conflicts; `undefined` when nothing. */
export function toConflict(
  error: unknown,
  spec: CollectionSpec,
  owners: readonly number[],
  writes: readonly Write[],
): Mismatch | OwnedConflict | undefined {
  if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) return undefined;
  const [first] = [error.writeErrors].flat();
  const at = first?.index ?? 0;
  const write = writes[at];
  // Two processes made the same document at once; the second finds it when it tries again.
  if (write?.expected === undefined && /index: _id_/.test(first?.errmsg ?? '')) return new Mismatch();
  return new OwnedConflict(owners[at] ?? 0, conflictOn(spec.name, write?.id ?? '', error));
}

/** True when what `write` expects is there. */
export async function isAsExpected(
  database: Db,
  sandbox: string,
  write: Write,
  session?: ClientSession,
): Promise<boolean> {
  if (write.expected === undefined) return true;
  const options = { projection: { v: 1 }, ...(session ? { session } : {}) };
  const row = await rowsOf(database, write.collection).findOne({ _id: rowId(sandbox, write.id) }, options);
  return (row?.v ?? null) === write.expected;
}

/** Rejects the commits of `group` that cannot be written, and gives back the others. */
export async function rejectGuilty(
  database: Db,
  group: readonly WaitingCommit[],
  error: Mismatch | OwnedConflict,
): Promise<readonly WaitingCommit[]> {
  if (error instanceof OwnedConflict) {
    const found = group[error.owner];
    found?.reject(error.conflict);
    return group.filter((each) => each !== found);
  }
  const guilty = await findMismatches(database, group);
  for (const [waiting, write] of guilty) waiting.reject(conflictOn(write.collection, write.id));
  return group.filter((each) => !guilty.has(each));
}

async function findMismatches(
  database: Db,
  group: readonly WaitingCommit[],
): Promise<ReadonlyMap<WaitingCommit, Write>> {
  const expecting = group.flatMap((waiting) =>
    waiting.commit.writes
      .filter((write) => write.expected !== undefined)
      .map((write) => ({ waiting, write, _id: rowId(waiting.commit.sandbox, write.id) })),
  );
  const guilty = new Map<WaitingCommit, Write>();
  for (const [collection, items] of groupBy(expecting, ({ write }) => write.collection)) {
    const ids = items.map(({ _id }) => _id);
    const found = rowsOf(database, collection).find({ _id: { $in: ids } }, { projection: { v: 1 } });
    const versions = new Map((await found.toArray()).map((row) => [row._id, row.v]));
    for (const { waiting, write, _id } of items) {
      if ((versions.get(_id) ?? null) !== write.expected) guilty.set(waiting, write);
    }
  }
  return guilty;
}
