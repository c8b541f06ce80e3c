import { type Clock, createSystemClock } from '../../clock';
import type { Log } from '../../log';
import { storeClosed } from '../conflict';
import { createGroupCommit, type WaitingCommit } from '../group-commit';
import { checkCommit } from '../keys';
import type { Collection, CollectionSpec, Store } from '../store';
import { closeDatabase, type Database, holdFolder, openDatabase } from './database';
import { openFlushing } from './flushing';
import { createGroupWriter } from './group-writer';
import { createPacking } from './packed-commit';
import { scrubDatabase } from './scrub';
import { createSqliteCollection } from './sqlite-collection';
import { createSqliteLog } from './sqlite-log';
import { createStatements } from './statements';
import { prepareTables } from './tables';
import { createThreadWriter, type ThreadWriter } from './thread-writer';
import { createWriteGroups } from './write-groups';

const CACHE_BYTES = 64 * 1024 * 1024;
const THREAD_CACHE_BYTES = 96 * 1024 * 1024;

/** Opens the store of a data folder, making it when missing. Fails with CONFLICT when another process has it open. */
export async function openSqliteStore(options: {
  readonly folder: string;
  readonly collections: readonly CollectionSpec[];
  readonly clock?: Clock;
  readonly log?: Log;
  /** From how many writes and entries on a group of commits is written on another thread; 0: always. */
  readonly largeFrom?: number;
}): Promise<Store> {
  const { folder, collections: specs, clock = createSystemClock() } = options;
  const held = holdFolder(folder, clock.now());
  const database = openPrepared(folder, specs, held.release);
  const statements = createStatements(database);
  const group = createGroupCommit((waiting) => writeGroups(waiting));
  const log = createSqliteLog(database, statements, group.alone);
  const collections = new Map(specs.map((spec) => [spec.name, createSqliteCollection(spec, statements)]));
  const flushing = openFlushing(folder);
  let thread: ThreadWriter | undefined;
  const writeGroups: (waiting: readonly WaitingCommit[]) => Promise<void> = createWriteGroups({
    pack: createPacking(specs, log.tableOf),
    log,
    write: createGroupWriter(specs, database),
    thread(isNeeded) {
      if (isNeeded) thread ??= createThreadWriter({ folder, specs, cacheBytes: THREAD_CACHE_BYTES });
      return thread;
    },
    flush: flushing.flush,
    ...(options.largeFrom === undefined ? {} : { largeFrom: options.largeFrom }),
  });
  options.log?.info({ folder, collections: specs.length }, 'store opened');
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await group.close();
    await thread?.close();
    await flushing.close();
    closeDatabase(database);
    held.release();
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
      await group.alone(() => scrubDatabase(database));
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function openPrepared(folder: string, specs: readonly CollectionSpec[], release: () => void): Database {
  let database: Database | undefined;
  try {
    database = openDatabase(folder, CACHE_BYTES);
    prepareTables(database, specs);
    return database;
  } catch (error) {
    if (database) closeDatabase(database);
    release();
    throw error;
  }
}
