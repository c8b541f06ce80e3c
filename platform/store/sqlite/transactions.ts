import type { WaitingCommit } from '../group-commit';
import type { CollectionSpec, Commit } from '../store';
import type { Database } from './database';
import { toAppError } from './disk-errors';
import { createDocumentWriter } from './document-writer';
import type { SqliteLog } from './sqlite-log';
import type { Statements } from './statements';

/**
 * Writes a group of commits in one transaction. Conflicts are rare, so the first try runs without savepoints; when one
 * commit conflicts, the group is rolled back and run again with a savepoint each, so that the guilty fail alone. Nothing is
 * acknowledged or shown in the log before `flush`.
 */
export function createTransactions(
  specs: readonly CollectionSpec[],
  database: Database,
  statements: Statements,
  log: SqliteLog,
  flush: () => Promise<void>,
): (group: readonly WaitingCommit[]) => Promise<void> {
  const writers = new Map(specs.map((spec) => [spec.name, createDocumentWriter(spec, statements)]));
  const run = (sql: string): void => void statements.of(sql).run();

  const apply = ({ sandbox, writes, entries }: Commit): void => {
    for (const write of writes) {
      const writer = writers.get(write.collection);
      if (!writer) throw new Error(`No collection ${write.collection} was declared when the store was opened.`);
      writer(sandbox, write);
    }
    if (entries) log.append(sandbox, entries);
  };

  const rollBack = (): void => {
    if (database.isTransaction) run('ROLLBACK');
    log.discard(0);
  };

  const together = (group: readonly WaitingCommit[]): void => {
    run('BEGIN IMMEDIATE');
    try {
      for (const { commit } of group) apply(commit);
      run('COMMIT');
    } catch (error) {
      rollBack();
      throw error;
    }
  };

  const applyAlone = (waiting: WaitingCommit): boolean => {
    const mark = log.appended();
    run('SAVEPOINT one');
    try {
      apply(waiting.commit);
      run('RELEASE one');
      return true;
    } catch (error) {
      // A full disk may have ended the whole transaction.
      if (!database.isTransaction) throw toAppError(error);
      run('ROLLBACK TO one');
      run('RELEASE one');
      log.discard(mark);
      waiting.reject(toAppError(error));
      return false;
    }
  };

  const oneByOne = (group: readonly WaitingCommit[]): readonly WaitingCommit[] => {
    run('BEGIN IMMEDIATE');
    try {
      const good = group.filter(applyAlone);
      run('COMMIT');
      return good;
    } catch (error) {
      rollBack();
      throw error;
    }
  };

  const write = (group: readonly WaitingCommit[]): readonly WaitingCommit[] => {
    try {
      together(group);
      return group;
    } catch (error) {
      if (group.length === 1) throw toAppError(error);
      return oneByOne(group);
    }
  };

  return async (group) => {
    for (const { commit } of group) if (commit.entries) log.prepare(commit.entries);
    const good = write(group);
    if (good.length > 0) await flush();
    log.publish();
    for (const { resolve } of good) resolve();
  };
}
