import { setTimeout } from 'node:timers/promises';
import { type ClientSession, type Db, MongoBulkWriteError, type MongoClient, MongoError } from 'mongodb';
import { AppError, isAppError } from '../../errors';
import { conflictOn } from '../conflict';
import type { WaitingCommit } from '../group-commit';
import { fieldsOf } from '../keys';
import type { CollectionSpec, Commit, Write } from '../store';
import { groupBy } from './group-by';
import type { MongoLog } from './mongo-log';
import { expectedMatches, type RowWrites, toOperation, toRowWrites } from './row-writes';
import { rowId, rowsOf } from './rows';

const DUPLICATE_KEY = 11000;
const MOST_TRIES = 60;
const LONGEST_PAUSE_MS = 200;

/** An expectation of a write may not hold: which one is found by looking. */
class Mismatch extends Error {}

/**
 * Writes groups of commits, each group in one transaction with a bulk write per collection. When one commit conflicts the
 * transaction is given up, the guilty are found and fail alone, and the others are tried again.
 */
export function createMongoTransactions(
  client: MongoClient,
  database: Db,
  specs: readonly CollectionSpec[],
  log: MongoLog,
): (group: readonly WaitingCommit[]) => Promise<void> {
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));

  const runWrites = async ({ spec, operations, owners, writes }: RowWrites, session?: ClientSession): Promise<void> => {
    try {
      const options = { ordered: true, ...(session ? { session } : {}) };
      const result = await rowsOf(database, spec.name).bulkWrite([...operations], options);
      if (result.matchedCount + result.upsertedCount !== expectedMatches(writes)) throw new Mismatch();
    } catch (error) {
      throw toConflict(error, spec, owners, writes) ?? error;
    }
  };

  const checkDeletes = async (commits: readonly Commit[], session: ClientSession | undefined): Promise<void> => {
    for (const { sandbox, writes } of commits) {
      for (const write of writes) {
        if (write.kind !== 'delete' || write.expected === undefined) continue;
        if (!(await holds(sandbox, write, session))) throw new Mismatch();
      }
    }
  };
  const holds = async (sandbox: string, write: Write, session?: ClientSession): Promise<boolean> => {
    if (write.expected === undefined) return true;
    const options = { projection: { v: 1 }, ...(session ? { session } : {}) };
    const row = await rowsOf(database, write.collection).findOne({ _id: rowId(sandbox, write.id) }, options);
    return (row?.v ?? null) === write.expected;
  };

  const transact = async (commits: readonly Commit[]): Promise<void> => {
    const session = client.startSession();
    try {
      session.startTransaction();
      await checkDeletes(commits, session);
      for (const writes of toRowWrites(specOf, commits)) await runWrites(writes, session);
      await log.append(commits, session);
      await commitForSure(session);
    } finally {
      // Aborts what was not committed.
      await session.endSession();
    }
  };
  const writeAlone = async ({ sandbox, writes }: Commit): Promise<void> => {
    const [write] = writes;
    const spec = write && specOf.get(write.collection);
    if (!write || !spec) throw new Error(`No collection ${write?.collection} was declared when the store was opened.`);
    if (write.kind === 'delete' && write.expected === null) return checkDeletes([{ sandbox, writes }], undefined);
    const rows = rowsOf(database, spec.name);
    const result = await rows
      .bulkWrite([toOperation(sandbox, write, fieldsOf(spec.indexes))])
      .catch((error) => Promise.reject(toConflict(error, spec, [0], writes) ?? error));
    const found = result.matchedCount + result.upsertedCount + result.insertedCount + result.deletedCount;
    if (found === 0 && (write.kind === 'put' || write.expected !== undefined)) throw conflictOn(spec.name, write.id);
  };

  const findGuilty = async (group: readonly WaitingCommit[]): Promise<ReadonlyMap<WaitingCommit, Write>> => {
    const all = group.flatMap((waiting) => waiting.commit.writes.map((write) => ({ waiting, write })));
    const expecting = all.filter(({ write }) => write.expected !== undefined);
    const guilty = new Map<WaitingCommit, Write>();
    for (const [collection, items] of groupBy(expecting, ({ write }) => write.collection)) {
      const keyed = items.map((item) => ({ ...item, _id: rowId(item.waiting.commit.sandbox, item.write.id) }));
      const ids = keyed.map(({ _id }) => _id);
      const found = await rowsOf(database, collection)
        .find({ _id: { $in: ids } }, { projection: { v: 1 } })
        .toArray();
      const versions = new Map(found.map((row) => [row._id, row.v]));
      for (const { waiting, write, _id } of keyed) {
        if ((versions.get(_id) ?? null) !== write.expected) guilty.set(waiting, write);
      }
    }
    return guilty;
  };
  const rejectGuilty = async (group: readonly WaitingCommit[], error: unknown): Promise<readonly WaitingCommit[]> => {
    if (error instanceof OwnedConflict) {
      const found = group[error.owner];
      found?.reject(error.conflict);
      return group.filter((each) => each !== found);
    }
    const guilty = await findGuilty(group);
    for (const [waiting, write] of guilty) waiting.reject(conflictOn(write.collection, write.id));
    return group.filter((each) => !guilty.has(each));
  };

  const write = (commits: readonly Commit[]): Promise<void> => {
    const [only] = commits;
    const alone = commits.length === 1 && only?.writes.length === 1 && !only.entries?.length;
    return alone ? writeAlone(only) : transact(commits);
  };
  const flush = async (group: readonly WaitingCommit[]): Promise<void> => {
    let left = group;
    for (let tries = 1; left.length > 0; tries++) {
      const commits = left.map(({ commit }) => commit);
      try {
        await write(commits);
        log.publish(commits);
        for (const { resolve } of left) resolve();
        return;
      } catch (error) {
        const conflict = error instanceof Mismatch || error instanceof OwnedConflict;
        const before = left.length;
        if (conflict) left = await rejectGuilty(left, error);
        if (left.length < before) continue;
        if (!(conflict || isTransient(error)) || tries >= MOST_TRIES) return giveUp(left, error);
        await setTimeout(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** tries));
      }
    }
  };
  const giveUp = async (group: readonly WaitingCommit[], error: unknown): Promise<void> => {
    if (group.length === 1) return group[0]?.reject(toAppError(error));
    // One of them cannot be written at all; it must not take its neighbours along.
    for (const each of group) await flush([each]);
  };

  return async (group) => {
    for (const part of partsWithoutTwice(group)) await flush(part);
  };
}

/** A write that broke a unique index, and whose it was. */
class OwnedConflict extends Error {
  constructor(
    readonly owner: number,
    readonly conflict: AppError,
  ) {
    super(conflict.message);
  }
}

function toConflict(error: unknown, spec: CollectionSpec, owners: readonly number[], writes: readonly Write[]) {
  if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) return undefined;
  const [first] = [error.writeErrors].flat();
  const at = first?.index ?? 0;
  const write = writes[at];
  // Two processes made the same document at once; the second finds it when it tries again.
  if (write?.expected === undefined && /index: _id_/.test(first?.errmsg ?? '')) return new Mismatch();
  return new OwnedConflict(owners[at] ?? 0, conflictOn(spec.name, write?.id ?? '', error));
}

// A transaction cannot hold two commits that write the same document: each must see what the one before it left.
function partsWithoutTwice(group: readonly WaitingCommit[]): readonly (readonly WaitingCommit[])[] {
  const parts: WaitingCommit[][] = [];
  let part: WaitingCommit[] = [];
  let seen = new Set<string>();
  for (const waiting of group) {
    const keys = waiting.commit.writes.map((write) => `${write.collection}|${rowId(waiting.commit.sandbox, write.id)}`);
    if (part.length === 0 || keys.some((key) => seen.has(key))) {
      part = [];
      seen = new Set();
      parts.push(part);
    }
    part.push(waiting);
    for (const key of keys) seen.add(key);
  }
  return parts;
}

async function commitForSure(session: ClientSession): Promise<void> {
  for (;;) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      const unknown = error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
      if (!unknown || error.hasErrorLabel('TransientTransactionError')) throw error;
      await setTimeout(Math.random() * LONGEST_PAUSE_MS);
    }
  }
}

function isTransient(error: unknown): boolean {
  return (
    error instanceof MongoError &&
    (error.hasErrorLabel('TransientTransactionError') || error.hasErrorLabel('RetryableWriteError'))
  );
}

function toAppError(error: unknown): unknown {
  if (isAppError(error) || !(error instanceof MongoError)) return error;
  return new AppError('UNAVAILABLE', 'The store could not write just now.', { cause: error });
}
