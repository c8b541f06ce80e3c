import type { Db, Collection as MongoRows } from 'mongodb';
import type { LogEntry, NewLogEntry } from '../event-log';
import { prepareCollection } from './rows';

/** Numbers by partition. */
export type ByPartition = Readonly<Record<string, number>>;

/** One stream. One document, so one step takes places in all partitions. */
export interface Head {
  /** The stream. */
  readonly _id: string;
  /** The last position that was taken, perhaps for a commit still on its way. */
  readonly n?: ByPartition;
  /** The last one trimmed away. */
  readonly t?: ByPartition;
  /** Up to here, nothing is on its way: a note that spares counting, perhaps old. */
  readonly w?: ByPartition;
}

/** Of one stream, how often commits made each partition grow: for others to be woken by. */
export interface Mark {
  /** The stream. */
  readonly _id: string;
  readonly n?: ByPartition;
}

/** One entry. */
export interface EntryRow {
  /** `stream|partition|position`, the numbers padded so that text order is their order. */
  readonly _id: string;
  readonly t: string;
  readonly p: number;
  readonly n: number;
  readonly s: string;
  readonly k: string;
  readonly id: string;
  readonly at: number;
  readonly b: string;
}

export type UnplacedRow = Omit<EntryRow, '_id' | 'n'>;

/** The log's collections. */
export interface LogRows {
  readonly heads: MongoRows<Head>;
  readonly marks: MongoRows<Mark>;
  readonly entries: MongoRows<EntryRow>;
}

export const PARTITIONS = 16;

/** Opens the log's collections, making them when they are missing. */
export async function openLogRows(database: Db): Promise<LogRows> {
  await Promise.all(['log_heads', 'log_marks', 'log_entries'].map((name) => prepareCollection(database, name)));
  const entries = database.collection<EntryRow>('log_entries');
  await entries.createIndex({ t: 1, s: 1, k: 1, n: 1 }, { name: 'key' });
  return { heads: database.collection<Head>('log_heads'), marks: database.collection<Mark>('log_marks'), entries };
}

/** FNV-1a over the key's UTF-16 units. */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % PARTITIONS;
}

/** What the ids of a partition's entries begin with. */
function prefixOf(stream: string, partition: number): string {
  return `${stream}|${String(partition).padStart(2, '0')}`;
}

/** The id of the entry at `position`. */
export function entryIdOf(stream: string, partition: number, position: number): string {
  return `${prefixOf(stream, partition)}|${String(position).padStart(15, '0')}`;
}

/** From just after one position up to another, itself included. */
export function between(stream: string, partition: number, after: number, upTo = Number.MAX_SAFE_INTEGER) {
  return { _id: { $gt: entryIdOf(stream, partition, after), $lte: entryIdOf(stream, partition, upTo) } };
}

/** What takes a place for good that no commit came to use: to readers, an entry that was erased. */
export function toVoid(stream: string, partition: number, n: number): EntryRow {
  return { _id: entryIdOf(stream, partition, n), n, t: stream, p: partition, s: '', k: '', id: '', at: 0, b: '{}' };
}

/** An entry that has no position yet. */
export function toUnplaced(sandbox: string, { stream, key, id, at, body, json }: NewLogEntry): UnplacedRow {
  return { t: stream, p: partitionOf(key), s: sandbox, k: key, id, at, b: json ?? JSON.stringify(body) };
}

/** The entries of one stream at their positions, in order; `last` is the position that each partition ends with. */
export function place(entries: readonly UnplacedRow[], last: Readonly<Record<string, number>>): readonly EntryRow[] {
  const next = { ...last };
  return entries
    .toReversed()
    .map((entry) => {
      const n = next[entry.p] ?? 0;
      next[entry.p] = n - 1;
      return { _id: entryIdOf(entry.t, entry.p, n), n, ...entry };
    })
    .reverse();
}

/** An entry as its reader wants it. */
export function toEntry<B>({ t, p, n, s, k, id, at, b }: EntryRow): LogEntry<B> {
  return { sandbox: s, stream: t, partition: p, position: n, key: k, id, at, body: JSON.parse(b) as B };
}
