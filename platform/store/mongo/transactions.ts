import type { Db, MongoClient } from 'mongodb';
import { createSystemClock } from '../../clock';
import { isAppError } from '../../errors';
import type { Log } from '../../log';
import type { WaitingCommit } from '../group-commit';
import type { CollectionSpec } from '../store';
import { endAbandonedTransactions } from './abandoned';
import type { MongoLog } from './mongo-log';
import { isAway, isTransient, toAppError } from './reaching';
import { rowId } from './rows';
import { Mismatch, OwnedConflict, rejectGuilty } from './write-conflicts';
import { createGroupWriter } from './write-group';

const LONGEST_TRYING_MS = 15_000;
const LONGEST_PAUSE_MS = 30;

/** What the transactions stand on. `appName` is the client's, and tells this application's transactions from others. */
export interface TransactionParts {
  readonly client: MongoClient;
  readonly database: Db;
  readonly appName: string;
  readonly specs: readonly CollectionSpec[];
  readonly eventLog: MongoLog;
  readonly log?: Log | undefined;
}

/**
 * Writes groups of commits, each group in one transaction. When one commit conflicts, the transaction is given up, the
 * guilty are found and fail alone, and the others are tried again.
 */
export function createMongoTransactions(parts: TransactionParts): (group: readonly WaitingCommit[]) => Promise<void> {
  const { client, database, appName, eventLog, log } = parts;
  const clock = createSystemClock();
  const write = createGroupWriter(client, database, parts.specs, eventLog);

  const pause = async (tries: number): Promise<void> => {
    const ms = Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** tries);
    await new Promise<void>((resolve) => void clock.at(clock.now() + ms, resolve));
  };
  const clearTheWay = async (tries: number): Promise<void> => {
    if (tries % 8 === 0) await endAbandonedTransactions(client, appName, log);
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
        await clearTheWay(tries);
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

  return async (group) => {
    for (const part of partsWithoutTwice(group)) await flush(part);
  };
}

function mayTryAgain(error: unknown, isConflict: boolean): boolean {
  return isConflict || isTransient(error);
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
