import type { Log } from '../../log';
import { checkCommit } from '../keys';
import type { Collection, CollectionSpec, Store } from '../store';
import { endAbandonedTransactions } from './abandoned';
import { connect } from './connect';
import { createFlights } from './flights';
import { createMongoCollection } from './mongo-collection';
import { type MongoLog, openMongoLog } from './mongo-log';
import { prepareRows } from './rows';
import { createMongoTransactions } from './transactions';

/**
 * Opens the store in a replica set or sharded cluster; the database is the URI's, else `attune`. Every collection is to
 * be sharded by `_id`, which begins with the sandbox; one with a unique index stays on one shard. Fails with UNAVAILABLE
 * within seconds when no server answers.
 */
export async function openMongoStore(options: {
  readonly uri: string;
  readonly collections: readonly CollectionSpec[];
  readonly log?: Log;
}): Promise<Store> {
  const { collections: specs, log } = options;
  const { client, database, appName } = await connect(options.uri);
  const clearTheWay = (): Promise<void> => endAbandonedTransactions(client, appName, log);
  let eventLog: MongoLog;
  try {
    // What they hold would keep indexes from being made.
    await clearTheWay();
    await Promise.all(specs.map((spec) => prepareRows(database, spec)));
    eventLog = await openMongoLog(database, { clearTheWay, log });
  } catch (error) {
    await client.close();
    throw error;
  }
  const collections = new Map(specs.map((spec) => [spec.name, createMongoCollection(database, spec)]));
  const group = createFlights(createMongoTransactions({ client, database, clearTheWay, specs, eventLog }));
  log?.info({ database: database.databaseName, collections: specs.length }, 'store opened');
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await group.close();
    await eventLog.close();
    await client.close();
  };

  return {
    exclusive: false,
    log: eventLog,
    collection<T>(name: string) {
      const found = collections.get(name);
      if (!found) throw new Error(`No collection ${name} was declared when the store was opened.`);
      return found as Collection<T>;
    },
    async commit(commit) {
      checkCommit(commit);
      if (commit.writes.length > 0 || commit.entries?.length) await group.add(commit);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
