import os from 'node:os';
import { MongoClient } from 'mongodb';
import type { Log } from '../../log';
import { createGroupCommit } from '../group-commit';
import { checkCommit } from '../keys';
import type { Collection, CollectionSpec, Store } from '../store';
import { createMongoCollection } from './mongo-collection';
import { openMongoLog } from './mongo-log';
import { prepareRows } from './rows';
import { createMongoTransactions } from './transactions';

/**
 * Opens the store in a replica set or sharded cluster; the database is the URI's, else `attune`. Every collection is to
 * be sharded by `_id`, which begins with the sandbox; one with a unique index stays on one shard.
 */
export async function openMongoStore(options: {
  readonly uri: string;
  readonly collections: readonly CollectionSpec[];
  readonly log?: Log;
}): Promise<Store> {
  const { uri, collections: specs } = options;
  const client = new MongoClient(uri, {
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    serverSelectionTimeoutMS: 5_000,
    // Given here, the driver need not import it at run time, which not every runtime allows.
    runtimeAdapters: { os },
  });
  const database = client.db(databaseOf(uri));
  try {
    await client.connect();
    await Promise.all(specs.map((spec) => prepareRows(database, spec)));
  } catch (error) {
    await client.close();
    throw error;
  }
  const log = await openMongoLog(database, options.log);
  const collections = new Map(specs.map((spec) => [spec.name, createMongoCollection(database, spec)]));
  const group = createGroupCommit(createMongoTransactions(client, database, specs, log));
  options.log?.info({ database: database.databaseName, collections: specs.length }, 'store opened');
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await group.close();
    await log.close();
    await client.close();
  };

  return {
    exclusive: false,
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
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function databaseOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1] ?? 'attune';
}
