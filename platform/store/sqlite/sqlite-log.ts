import { setImmediate } from 'node:timers/promises';
import { cursorExpired } from '../cursor-expired';
import type { EventLog, LogEntry } from '../event-log';
import type { SerialGroupCommit } from '../group-commit';
import { createRecentEntries, type RecentEntries } from '../recent-entries';
import type { Commit } from '../store';
import { createWakeUps } from '../wake-ups';
import type { Database } from './database';
import type { PackedCommit } from './packed-commit';
import { HOLE_OF_LIMIT, type Statements } from './statements';

/** The log with what writing needs of it: entries are written with their commit, then shown. */
export interface SqliteLog extends EventLog {
  /** The table of a stream, which is made when it is missing. */
  tableOf(stream: string): string;
  /** The last position in each table. */
  heads(): ReadonlyMap<string, number>;
  /** Shows what a commit appended to readers: it is safe. To be called for each, in the order in which they were written. */
  publish(commit: Commit, packed: PackedCommit): void;
}

interface Stream {
  readonly name: string;
  readonly table: string;
  readonly recent: RecentEntries;
  head: number;
  trimmed: number;
}

type Row = readonly [position: number, sandbox: string, key: string, id: string, at: number, body: string];

/** Runs something while nobody writes. */
type Alone = SerialGroupCommit['alone'];

const BODY = 4;
const COLUMNS = 'position, sandbox, key, id, at, body';
const RECENT_ENTRIES = 16_384;
const RECENT_BYTES = 32 * 1024 * 1024;
// The index by key is divided by age, so that new entries fall on few of its pages, whatever their keys.
const BUCKET_BITS = 13;
const BUCKET = `(position >> ${BUCKET_BITS})`;
const TRIMMED_AT_ONCE = 5_000;

/** The log of a data folder: one partition; a table per stream, made when its first entry comes. */
export function createSqliteLog(database: Database, statements: Statements, alone: Alone): SqliteLog {
  const wakeUps = createWakeUps();
  const streams = openStreams(database, statements);

  const streamOf = (name: string): Stream => {
    const stream = streams.get(name) ?? createStream(database, statements, name);
    streams.set(name, stream);
    return stream;
  };

  const readRows = <B>({ name, table }: Stream, after: number, limit: number): readonly LogEntry<B>[] => {
    const sql = `SELECT ${COLUMNS} FROM ${table} WHERE position > ? ORDER BY position LIMIT ${HOLE_OF_LIMIT}`;
    return (statements.of(sql).all(after, limit) as Row[]).map((row) => toEntry<B>(name, row));
  };

  // The newest first, bucket by bucket, until there are enough.
  const readKeyRows = <B>(stream: Stream, sandbox: string, key: string, limit: number): readonly LogEntry<B>[] => {
    const where = `${BUCKET} = ? AND sandbox = ? AND key = ? AND position > ?`;
    const sql = `SELECT ${COLUMNS} FROM ${stream.table} WHERE ${where} ORDER BY position DESC LIMIT ${HOLE_OF_LIMIT}`;
    const rows: Row[] = [];
    for (let bucket = bucketOf(stream.head); bucket >= bucketOf(stream.trimmed); bucket--) {
      rows.push(...(statements.of(sql).all(bucket, sandbox, key, stream.trimmed, limit - rows.length) as Row[]));
      if (rows.length >= limit) break;
    }
    return rows.reverse().map((row) => toEntry<B>(stream.name, row));
  };

  return {
    partitions: 1,
    partitionOf: () => 0,
    async read<B>(name: string, { after, limit }: { after: number; limit: number }) {
      const stream = streams.get(name);
      if (!stream) return [];
      if (after < stream.trimmed) throw cursorExpired(name, after, stream.trimmed);
      const recent = stream.recent.after(after, limit) as readonly LogEntry<B>[] | undefined;
      return recent ?? readRows<B>(stream, after, limit);
    },
    async readKey<B>(name: string, sandbox: string, key: string, limit: number) {
      const stream = streams.get(name);
      if (!stream) return [];
      const recent = stream.recent.ofKey(sandbox, key, limit) as readonly LogEntry<B>[];
      const isEnough = recent.length >= limit && (recent[0]?.position ?? 0) > stream.trimmed;
      return isEnough ? recent : readKeyRows<B>(stream, sandbox, key, limit);
    },
    head: async (name) => [streams.get(name)?.head ?? 0],
    onAppend: wakeUps.on,
    async trim(beforeMs) {
      for (const stream of streams.values()) await trimStream(database, statements, alone, stream, beforeMs);
    },
    async erase(sandbox, keys) {
      for (const stream of streams.values()) {
        await alone(() => eraseKeys(database, statements, stream, sandbox, keys));
      }
    },
    tableOf: (stream) => streamOf(stream).table,
    heads: () => new Map([...streams.values()].map(({ table, head }) => [table, head])),
    publish({ sandbox, entries = [] }, packed) {
      entries.forEach(({ stream: name, key, id, at, body }, index) => {
        const stream = streamOf(name);
        stream.head += 1;
        const entry = { sandbox, stream: name, partition: 0, position: stream.head, key, id, at, body };
        stream.recent.add(entry, packed.entries[index]?.[BODY].length ?? 0);
        wakeUps.fire(name, 0);
      });
    },
  };
}

function openStreams(database: Database, statements: Statements): Map<string, Stream> {
  database.exec(
    'CREATE TABLE IF NOT EXISTS log_streams (number INTEGER PRIMARY KEY, name TEXT UNIQUE, trimmed INTEGER)',
  );
  const rows = statements.of('SELECT number, name, trimmed FROM log_streams').all() as [number, string, number][];
  return new Map(rows.map(([number, name, trimmed]) => [name, openStream(statements, number, name, trimmed)]));
}

function openStream(statements: Statements, number: number, name: string, trimmed: number): Stream {
  const table = `log_${number}`;
  const [last] = statements.of(`SELECT max(position) FROM ${table}`).get() as [number | null];
  const recent = createRecentEntries(RECENT_ENTRIES, RECENT_BYTES);
  return { name, table, recent, head: last ?? trimmed, trimmed };
}

function createStream(database: Database, statements: Statements, name: string): Stream {
  const { lastInsertRowid } = statements.of('INSERT INTO log_streams (name, trimmed) VALUES (?, 0)').run(name);
  const number = Number(lastInsertRowid);
  database.exec(`
    CREATE TABLE log_${number} (position INTEGER PRIMARY KEY, sandbox TEXT, key TEXT, id TEXT, at INTEGER, body TEXT);
    CREATE INDEX log_${number}_key ON log_${number} (${BUCKET}, sandbox, key);
  `);
  return openStream(statements, number, name, 0);
}

async function trimStream(
  database: Database,
  statements: Statements,
  alone: Alone,
  stream: Stream,
  beforeMs: number,
): Promise<void> {
  const first = `SELECT position FROM ${stream.table} WHERE at >= ? ORDER BY position LIMIT 1`;
  const kept = statements.of(first).get(beforeMs) as [number] | undefined;
  const last = kept ? kept[0] - 1 : stream.head;
  while (stream.trimmed < last) {
    const trimmed = Math.min(last, stream.trimmed + TRIMMED_AT_ONCE);
    await alone(() => {
      database.exec('BEGIN IMMEDIATE');
      statements.of(`DELETE FROM ${stream.table} WHERE position <= ?`).run(trimmed);
      statements.of('UPDATE log_streams SET trimmed = ? WHERE name = ?').run(trimmed, stream.name);
      database.exec('COMMIT');
      stream.trimmed = trimmed;
    });
    await setImmediate();
  }
}

// All buckets of all keys in one transaction: the index by key finds the few rows in each.
function eraseKeys(
  database: Database,
  statements: Statements,
  { table, recent, head, trimmed }: Stream,
  sandbox: string,
  keys: readonly string[],
): void {
  const empty = "sandbox = '', key = '', id = '', body = '{}'";
  const sql = `UPDATE ${table} SET ${empty} WHERE ${BUCKET} = ? AND sandbox = ? AND key = ?`;
  database.exec('BEGIN IMMEDIATE');
  for (let bucket = bucketOf(trimmed); bucket <= bucketOf(head); bucket++) {
    for (const key of keys) statements.of(sql).run(bucket, sandbox, key);
  }
  database.exec('COMMIT');
  for (const key of keys) recent.erase(sandbox, key);
}

function bucketOf(position: number): number {
  return Math.floor(position / 2 ** BUCKET_BITS);
}

function toEntry<B>(stream: string, [position, sandbox, key, id, at, body]: Row): LogEntry<B> {
  return { sandbox, stream, partition: 0, position, key, id, at, body: JSON.parse(body) as B };
}
