import type { ClientSession, Db } from 'mongodb';
import type { AppError } from '../../errors';
import { conflictOn } from '../conflict';
import type { WaitingCommit } from '../group-commit';
import type { CollectionSpec, Write } from '../store';
import { groupBy } from './group-by';
import { rowId, rowsOf } from './rows';
import { RefusedWrite } from './write-commands';

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

/** What the refusal of one of several writes says about conflicts; `undefined` when nothing. */
export function toConflict(
  error: unknown,
  spec: CollectionSpec,
  owners: readonly number[],
  writes: readonly Write[],
): Mismatch | OwnedConflict | undefined {
  if (!(error instanceof RefusedWrite) || error.code !== DUPLICATE_KEY) return undefined;
  const write = writes[error.index];
  // Two processes made the same document at once; the second finds it when it tries again.
  if (write?.expected === undefined && /index: _id_/.test(error.message)) return new Mismatch();
  return new OwnedConflict(owners[error.index] ?? 0, conflictOn(spec.name, write?.id ?? '', error));
}

/** True when what `write` expects is there. */
export async function isAsExpected(database: Db, sandbox: string, write: Write): Promise<boolean> {
  if (write.expected === undefined) return true;
  const versions = await versionsOf(database, write.collection, [rowId(sandbox, write.id)]);
  return (versions.get(rowId(sandbox, write.id)) ?? null) === write.expected;
}

/** A write with an expectation, and whose it is. */
interface Expecting<T> {
  readonly owner: T;
  readonly write: Write;
  readonly row: string;
}

/** Each write that expects something which is not there, with its owner; one look per collection. */
export async function findMismatches<T>(
  database: Db,
  owned: readonly { readonly owner: T; readonly sandbox: string; readonly writes: readonly Write[] }[],
  session?: ClientSession,
): Promise<ReadonlyMap<T, Write>> {
  const expecting = owned.flatMap(({ owner, sandbox, writes }) =>
    writes
      .filter((write) => write.expected !== undefined)
      .map((write): Expecting<T> => ({ owner, write, row: rowId(sandbox, write.id) })),
  );
  const mismatches = new Map<T, Write>();
  for (const [collection, group] of groupBy(expecting, ({ write }) => write.collection)) {
    const rows = group.map(({ row }) => row);
    const versions = await versionsOf(database, collection, rows, session);
    for (const { owner, write, row } of group) {
      if ((versions.get(row) ?? null) !== write.expected) mismatches.set(owner, write);
    }
  }
  return mismatches;
}

async function versionsOf(
  database: Db,
  collection: string,
  rows: readonly string[],
  session?: ClientSession,
): Promise<ReadonlyMap<string, number>> {
  const options = { projection: { v: 1 }, ...(session ? { session } : {}) };
  const found = await rowsOf(database, collection)
    .find({ _id: { $in: [...rows] } }, options)
    .toArray();
  return new Map(found.map((row) => [row._id, row.v]));
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
  const owned = group.map((owner) => ({ owner, ...owner.commit }));
  const guilty = await findMismatches(database, owned);
  for (const [waiting, write] of guilty) waiting.reject(conflictOn(write.collection, write.id));
  return group.filter((each) => !guilty.has(each));
}
