import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { MongoClient } from 'mongodb';
import { endAbandonedTransactions } from '../../platform/store/mongo/abandoned';

/** Where the MongoDB of this run listens, without a database; absent when there is none. */
export function mongodbUri(): string | undefined {
  return process.env.ATTUNE_TEST_MONGODB_URI;
}

/** A database of the run's MongoDB that nobody else uses, and how to drop it. */
export interface MongoDatabase {
  readonly uri: string;
  drop(): Promise<void>;
}

/** Names a fresh database; it comes to be with the first write. */
export function createMongoDatabase(): MongoDatabase {
  const name = `attune_test_${randomUUID().replaceAll('-', '')}`;
  const uri = `${mongodbUri()}`.replace(/^([a-z+]+:\/\/[^/?]+)[^?]*/, `$1/${name}`);
  return {
    uri,
    async drop() {
      const client = new MongoClient(uri, { runtimeAdapters: { os } });
      try {
        // A process that was killed in the middle of a transaction would keep the database locked for a minute.
        await endAbandonedTransactions(client, `attune:${name}`);
        await client.db(name).dropDatabase();
      } finally {
        await client.close();
      }
    },
  };
}
