import { type Clock, createSystemClock } from '../../clock';
import type { Log } from '../../log';
import { storeClosed } from '../conflict';
import { createGroupCommit } from '../group-commit';
import { checkCommit } from '../keys';
import type { Collection, CollectionSpec, Store } from '../store';
import { closeDatabase, openDatabase } from './database';
import { openFlushing } from './flushing';
import { scrubDatabase } from './scrub';
import { createSqliteCollection } from './sqlite-collection';
import { createSqliteLog } from './sqlite-log';
import { createStatements } from './statements';
import { prepareTables } from './tables';
import { createTransactions } from './transactions';

/** Opens the store of a data folder, making it when missing. Fails with CONFLICT when another process has it open. */
export async function openSqliteStore(options: {
  readonly folder: string;
  readonly collections: readonly CollectionSpec[];
  readonly clock?: Clock;
  readonly log?: Log;
}): Promise<Store> {
  const { folder, collections: specs, clock = createSystemClock() } = options;
  const database = openDatabase(folder, clock.now());
  try {
    prepareTables(database, specs);
  } catch (error) {
    closeDatabase(database);
    throw error;
  }
  const statements = createStatements(database);
  const log = createSqliteLog(database, statements);
  const collections = new Map(specs.map((spec) => [spec.name, createSqliteCollection(spec, statements)]));
  const flushing = openFlushing(folder);
  const group = createGroupCommit(createTransactions(specs, database, statements, log, flushing.flush));
  options.log?.info({ folder, collections: specs.length }, 'store opened');
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await group.close();
    await flushing.close();
    closeDatabase(database);
  };

  return {
    exclusive: true,
    log,
    collection<T>(name: string) {
      const found = collections.get(name);
      if (!found) throw new Error(`No collection ${name} was declared when the store was opened.`);
      return found as Collection<T>;
    },
    async commit(commit) {
      checkCommit(commit);
      if (commit.writes.length > 0 || commit.entries?.length) await group.add(commit);
    },
    async scrub() {
      if (!database.isOpen) throw storeClosed();
      scrubDatabase(database);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
