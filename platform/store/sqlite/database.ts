import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../../errors';

export type Database = DatabaseSyncInstance;

/** The database's name in its folder. */
export const FILE = 'attune.sqlite';
const LOCK = 'attune.lock';
const HOLDER = 'holder.json';

const PRAGMAS = `
  PRAGMA page_size = 4096;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 16000;
  PRAGMA temp_store = MEMORY;
  PRAGMA busy_timeout = 10000;
`;

/** A data folder that nobody else can open. */
export interface HeldFolder {
  /** Lets go of it at once. */
  release(): void;
}

/**
 * Holds a data folder, which is made when it is missing, until released or until the process ends in any way. Fails with
 * CONFLICT when another one holds it.
 */
export function holdFolder(folder: string, nowMs: number): HeldFolder {
  mkdirSync(folder, { recursive: true });
  // The operating system's lock, by way of a database that stays empty.
  const lock = new DatabaseSync(join(folder, LOCK), { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? heldByAnother(folder, error) : error;
  }
  const holder = { pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() };
  writeFileSync(join(folder, HOLDER), `${JSON.stringify(holder)}\n`);
  return { release: () => lock.close() };
}

/** Opens the one database file of a folder that this process holds; each thread has a connection of its own. */
export function openDatabase(folder: string, cacheBytes: number): Database {
  const database = new DatabaseSync(join(folder, FILE));
  database.exec(`${PRAGMAS}PRAGMA cache_size = -${Math.round(cacheBytes / 1024)}`);
  return database;
}

/** Closes a connection, after what it wrote was brought into the database's own file. */
export function closeDatabase(database: Database): void {
  if (!database.isOpen) return;
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
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
