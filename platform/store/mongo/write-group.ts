import { type ClientSession, type Db, type MongoClient, MongoError } from 'mongodb';
import { isAppError } from '../../errors';
import { conflictOn } from '../conflict';
import { fieldsOf } from '../keys';
import type { CollectionSpec, Commit } from '../store';
import type { EntryRow } from './log-rows';
import type { MongoLog } from './mongo-log';
import { isAway, unavailable } from './reaching';
import { expectedMatches, type RowWrites, toOperation, toRowWrites } from './row-writes';
import { rowsOf } from './rows';
import { runAlone, runOperations } from './write-commands';
import { findMismatches, isAsExpected, Mismatch, toConflict } from './write-conflicts';

const COMMIT_TRIES = 3;

/**
 * Writes commits together: in one transaction, with few commands a collection; a single document without one. Fails
 * with Mismatch or OwnedConflict when an expectation or a unique index does not hold: nothing is written then.
 */
export function createGroupWriter(
  client: MongoClient,
  database: Db,
  specs: readonly CollectionSpec[],
  log: MongoLog,
): (commits: readonly Commit[]) => Promise<void> {
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));

  const runWrites = async ({ spec, operations, owners, writes }: RowWrites, session: ClientSession): Promise<void> => {
    const met = await runOperations(database, rowsOf(database, spec.name).collectionName, operations, session).catch(
      (error: unknown) => {
        throw toConflict(error, spec, owners, writes) ?? error;
      },
    );
    if (met !== expectedMatches(writes)) throw new Mismatch();
  };
  // The answer does not tell which of the deletions found nothing.
  const checkDeletes = async (commits: readonly Commit[], session: ClientSession): Promise<void> => {
    const owned = commits.map(({ sandbox, writes }, owner) => ({
      owner,
      sandbox,
      writes: writes.filter(({ kind }) => kind === 'delete'),
    }));
    if ((await findMismatches(database, owned, session)).size > 0) throw new Mismatch();
  };
  const abort = async (session: ClientSession, error: unknown, taken: readonly EntryRow[]): Promise<void> => {
    const ended = session.endSession();
    // Who cannot be reached would take its time to say so; and whether it has committed is not known then.
    if (isAway(error) || isAppError(error, 'UNAVAILABLE')) return;
    await ended;
    await log.places.giveBack(taken);
  };
  const transact = async (commits: readonly Commit[]): Promise<void> => {
    const all = toRowWrites(specOf, commits);
    const session = client.startSession();
    let taken: readonly EntryRow[] = [];
    try {
      session.startTransaction();
      await checkDeletes(commits, session);
      for (const writes of all) await runWrites(writes, session);
      // The log last: readers wait for whoever has taken a place.
      taken = await log.places.take(commits);
      if (taken.length > 0) await log.places.append(taken, session);
      await commitForSure(session);
    } catch (error) {
      await abort(session, error, taken);
      throw error;
    }
    await session.endSession();
  };
  const writeAlone = async ({ sandbox, writes }: Commit): Promise<void> => {
    const [write] = writes;
    const spec = write && specOf.get(write.collection);
    if (!write || !spec) throw new Error(`No collection ${write?.collection} was declared when the store was opened.`);
    if (write.kind === 'delete' && write.expected === null) {
      if (await isAsExpected(database, sandbox, write)) return;
      throw conflictOn(spec.name, write.id);
    }
    const operation = toOperation(sandbox, write, fieldsOf(spec.indexes));
    const met = await runAlone(rowsOf(database, spec.name), operation).catch((error: unknown) => {
      // The driver has tried twice: whether it was written cannot be said, so it must not be written again.
      throw isAway(error) ? unavailable(error) : (toConflict(error, spec, [0], writes) ?? error);
    });
    if (met === 0 && (write.kind === 'put' || write.expected !== undefined)) throw conflictOn(spec.name, write.id);
  };

  return async (commits) => {
    const [only] = commits;
    const isOneDocument = commits.length === 1 && only?.writes.length === 1 && !only.entries?.length;
    return isOneDocument ? writeAlone(only) : transact(commits);
  };
}

// A commit whose answer was lost may be asked for again: the server knows whether it was done. Where that cannot be found
// out, nobody may write the same once more.
async function commitForSure(session: ClientSession): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      if (error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')) throw error;
      if (tries >= COMMIT_TRIES) throw unavailable(error);
    }
  }
}
