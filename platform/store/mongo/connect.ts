import os from 'node:os';
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { AppError } from '../../errors';

/** A connected client with the store's database; `appName` is what the server knows both by. */
export interface Connected {
  readonly client: MongoClient;
  readonly database: Db;
  readonly appName: string;
}

const WAIT_MS = 5_000;

const OPTIONS: MongoClientOptions = {
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  serverSelectionTimeoutMS: WAIT_MS,
  connectTimeoutMS: WAIT_MS,
  // Given here, the driver need not import it at run time, which not every runtime allows.
  runtimeAdapters: { os },
};

/** Connects. Fails with UNAVAILABLE when nobody answers at `uri`, when it is no URI, or when it has no transactions. */
export async function connect(uri: string): Promise<Connected> {
  const name = databaseOf(uri);
  const appName = `attune:${name}`;
  const client = createClient(uri, appName);
  try {
    await client.connect();
    await checkTransactions(client, uri);
    return { client, database: client.db(name), appName };
  } catch (error) {
    await client.close();
    throw error instanceof AppError ? error : unavailable(`No MongoDB answers at ${placeOf(uri)}: ${error}.`, error);
  }
}

function createClient(uri: string, appName: string): MongoClient {
  try {
    return new MongoClient(uri, { ...OPTIONS, appName });
  } catch (error) {
    throw unavailable(`The address of the MongoDB is no valid URI: ${error}.`, error);
  }
}

async function checkTransactions(client: MongoClient, uri: string): Promise<void> {
  const hello = await client.db('admin').command({ hello: 1 });
  if (hello.setName !== undefined || hello.msg === 'isdbgrid') return;
  throw unavailable(`The MongoDB at ${placeOf(uri)} is no replica set, which transactions need.`);
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', message, { cause, retryable: false });
}

function databaseOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1] ?? 'attune';
}

// Without user and password.
function placeOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(uri)?.[1] ?? 'the given address';
}
