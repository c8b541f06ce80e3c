import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../../errors';

export type Database = DatabaseSyncInstance;

/** The database's name in its folder. */
export const FILE = 'attune.sqlite';
const HOLDER = 'holder.json';

const PRAGMAS = `
  PRAGMA page_size = 4096;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -131072;
  PRAGMA wal_autocheckpoint = 16000;
  PRAGMA temp_store = MEMORY;
`;

/**
 * Opens the one database file of `folder`, which is made when it is missing, and holds it alone until closed or until
 * the process ends in any way. Fails with CONFLICT when another one holds it.
 */
export function openDatabase(folder: string, nowMs: number): Database {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, FILE), { timeout: 0 });
  try {
    // With exclusive locking SQLite keeps the operating system's lock on the file as long as it is open.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec(PRAGMAS);
    database.exec('BEGIN IMMEDIATE; COMMIT; PRAGMA busy_timeout = 10000');
  } catch (error) {
    database.close();
    throw isBusy(error) ? heldByAnother(folder, error) : error;
  }
  const holder = { pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() };
  writeFileSync(join(folder, HOLDER), `${JSON.stringify(holder)}\n`);
  return database;
}

/**
 * Closes the database and lets go of the folder at once. Closing alone would not: the driver keeps a connection open
 * behind our back until the last prepared statement is garbage collected.
 */
export function closeDatabase(database: Database): void {
  if (!database.isOpen) return;
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; BEGIN IMMEDIATE; COMMIT');
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode ?? 0;
  return (code & 0xff) === 5 || (code & 0xff) === 6;
}

function heldByAnother(folder: string, cause: unknown): AppError {
  const holder = readHolder(folder);
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : 'another process';
  return new AppError('CONFLICT', `The data folder ${folder} is held by ${who}; only one may have it open.`, {
    retryable: false,
    details: { folder, ...holder },
    cause,
  });
}

function readHolder(folder: string): { pid: number; host: string; since: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, HOLDER), 'utf8'));
  } catch {
    return undefined;
  }
}
