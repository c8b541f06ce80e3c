import type { Db, MongoClient } from 'mongodb';
import { createSystemClock } from '../../clock';
import { isAppError } from '../../errors';
import type { WaitingCommit } from '../group-commit';
import type { CollectionSpec } from '../store';
import type { MongoLog } from './mongo-log';
import { isAway, isTransient, toAppError } from './reaching';
import { Mismatch, OwnedConflict, rejectGuilty } from './write-conflicts';
import { createGroupWriter } from './write-group';

const LONGEST_TRYING_MS = 15_000;
const LONGEST_PAUSE_MS = 30;

/** What the transactions stand on. `clearTheWay` ends transactions that nobody will end. */
export interface TransactionParts {
  readonly client: MongoClient;
  readonly database: Db;
  readonly clearTheWay: () => Promise<void>;
  readonly specs: readonly CollectionSpec[];
  readonly eventLog: MongoLog;
}

/**
 * Writes groups of commits, each group in one transaction; no two of a group write the same document. When one commit
 * conflicts, the transaction is given up, the guilty are found and fail alone, and the others are tried again.
 */
export function createMongoTransactions(parts: TransactionParts): (group: readonly WaitingCommit[]) => Promise<void> {
  const { client, database, clearTheWay, eventLog } = parts;
  const clock = createSystemClock();
  const write = createGroupWriter(client, database, parts.specs, eventLog);

  const pause = async (tries: number): Promise<void> => {
    const ms = Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** tries);
    await new Promise<void>((resolve) => void clock.at(clock.now() + ms, resolve));
  };

  const flush = async (group: readonly WaitingCommit[]): Promise<void> => {
    const untilMs = clock.now() + LONGEST_TRYING_MS;
    let left = group;
    for (let tries = 1; left.length > 0; tries++) {
      const commits = left.map(({ commit }) => commit);
      try {
        await write(commits);
        eventLog.publish(commits);
        for (const { resolve } of left) resolve();
        return;
      } catch (error) {
        const isConflict = error instanceof Mismatch || error instanceof OwnedConflict;
        const stayed = isConflict ? await rejectGuilty(database, left, error) : left;
        const isProgress = stayed.length < left.length;
        left = stayed;
        if (isProgress) continue;
        if (!mayTryAgain(error, isConflict) || clock.now() > untilMs) return giveUp(left, error);
        if (tries % 8 === 0) await clearTheWay();
        await pause(tries);
      }
    }
  };
  const giveUp = async (group: readonly WaitingCommit[], error: unknown): Promise<void> => {
    const blamesNobody = isAppError(error, 'UNAVAILABLE') || isAway(error) || isTransient(error);
    if (group.length === 1 || blamesNobody) {
      for (const { reject } of group) reject(toAppError(error));
      return;
    }
    // One of them cannot be written at all; it must not take its neighbours along.
    for (const each of group) await flush([each]);
  };

  return flush;
}

function mayTryAgain(error: unknown, isConflict: boolean): boolean {
  return isConflict || isTransient(error);
}
