import type { ClientSession, Db } from 'mongodb';
import { createSystemClock, type Timer } from '../../clock';
import type { Log } from '../../log';
import { cursorExpired } from '../cursor-expired';
import type { EventLog, LogEntry, NewLogEntry } from '../event-log';
import type { Commit } from '../store';
import { createWakeUps } from '../wake-ups';
import { groupBy } from './group-by';

/** The log with what the writer needs of it. */
export interface MongoLog extends EventLog {
  /** Appends the commits' entries inside the session's transaction. Appenders to one partition go one after another. */
  append(commits: readonly Commit[], session: ClientSession): Promise<void>;
  /** Wakes this process's readers: the transaction of these commits is safe. */
  publish(commits: readonly Commit[]): void;
  close(): Promise<void>;
}

/** The last position of one partition, and the last one trimmed away. */
interface Head {
  readonly _id: string;
  readonly n: number;
  readonly t?: number;
}

interface EntryRow {
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

const PARTITIONS = 16;
// Change streams wake within milliseconds; this finds what they miss.
const POLL_MS = 1000;

/** Opens the log, making its collections when they are missing. */
export async function openMongoLog(database: Db, log?: Log): Promise<MongoLog> {
  const heads = database.collection<Head>('log_heads');
  const rows = database.collection<EntryRow>('log_entries');
  await rows.createIndex({ t: 1, s: 1, k: 1, n: 1 }, { name: 'key' });
  await heads.updateOne({ _id: 'made' }, { $setOnInsert: { n: 0 } }, { upsert: true });
  const wakeUps = createWakeUps();
  const watcher = createWatcher(database, wakeUps.fire, log);

  const headOf = async (stream: string, partition: number): Promise<Head | null> =>
    heads.findOne({ _id: headId(stream, partition) });
  const checkKept = async (stream: string, partition: number, after: number): Promise<void> => {
    const trimmed = (await headOf(stream, partition))?.t ?? 0;
    if (after < trimmed) throw cursorExpired(stream, after, trimmed);
  };
  const trimPartition = async (id: string, head: number, beforeMs: number): Promise<void> => {
    const all = { $gt: `${id}|`, $lt: `${id}}` };
    const kept = await rows
      .find({ _id: all, at: { $gte: beforeMs } })
      .sort({ _id: 1 })
      .limit(1)
      .next();
    const last = kept ? kept.n - 1 : head;
    if (last < 1) return;
    await heads.updateOne({ _id: id }, { $max: { t: last } });
    await rows.deleteMany({ _id: { $gt: `${id}|`, $lte: entryIdOf(id, last) } });
  };

  return {
    partitions: PARTITIONS,
    partitionOf,
    async read<B>(stream: string, query: { partition: number; after: number; limit: number }) {
      const { partition, after, limit } = query;
      if (limit <= 0) return [];
      const id = headId(stream, partition);
      const between = { _id: { $gt: entryIdOf(id, after), $lt: `${id}}` } };
      const found = await rows.find(between, { sort: { _id: 1 }, limit }).toArray();
      if (found[0]?.n !== after + 1) await checkKept(stream, partition, after);
      return found.map(toEntry<B>);
    },
    async readKey<B>(stream: string, sandbox: string, key: string, limit: number) {
      if (limit <= 0) return [];
      const found = await rows.find({ t: stream, s: sandbox, k: key }, { sort: { n: -1 }, limit }).toArray();
      return found.reverse().map(toEntry<B>);
    },
    async head(stream) {
      const ids = Array.from({ length: PARTITIONS }, (_, partition) => headId(stream, partition));
      const found = new Map((await heads.find({ _id: { $in: ids } }).toArray()).map((head) => [head._id, head.n]));
      return ids.map((id) => found.get(id) ?? 0);
    },
    onAppend(stream, wake) {
      watcher.start();
      return wakeUps.on(stream, wake);
    },
    async trim(beforeMs) {
      for await (const { _id, n } of heads.find({ n: { $gt: 0 } })) await trimPartition(_id, n, beforeMs);
    },
    async append(commits, session) {
      const entries = commits.flatMap(({ sandbox, entries = [] }) => entries.map((entry) => toRow(sandbox, entry)));
      if (entries.length === 0) return;
      const byHead = groupBy(entries, (entry) => headId(entry.t, entry.p));
      const raise = [...byHead].map(([_id, { length }]) => ({
        updateOne: { filter: { _id }, update: { $inc: { n: length } }, upsert: true },
      }));
      await heads.bulkWrite(raise, { session, ordered: false });
      const raised = await heads.find({ _id: { $in: [...byHead.keys()] } }, { session }).toArray();
      const placed = raised.flatMap(({ _id, n }) => place(_id, n, byHead.get(_id) ?? []));
      await rows.insertMany(placed, { session, ordered: false });
    },
    publish(commits) {
      wakeUps.fire(new Set(commits.flatMap(({ entries = [] }) => entries.map((entry) => entry.stream))));
    },
    close: watcher.close,
  };
}

type UnplacedRow = Omit<EntryRow, '_id' | 'n'>;

function toRow(sandbox: string, entry: NewLogEntry): UnplacedRow {
  const { stream, key, id, at, body } = entry;
  return { t: stream, p: partitionOf(key), s: sandbox, k: key, id, at, b: JSON.stringify(body) };
}

function place(head: string, last: number, entries: readonly UnplacedRow[]): readonly EntryRow[] {
  const first = last - entries.length + 1;
  return entries.map((entry, at) => ({ _id: entryIdOf(head, first + at), n: first + at, ...entry }));
}

/** FNV-1a over the key's UTF-16 units. */
function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % PARTITIONS;
}

function headId(stream: string, partition: number): string {
  return `${stream}|${String(partition).padStart(2, '0')}`;
}

function entryIdOf(head: string, position: number): string {
  return `${head}|${String(position).padStart(15, '0')}`;
}

function toEntry<B>({ t, p, n, s, k, id, at, b }: EntryRow): LogEntry<B> {
  return { sandbox: s, stream: t, partition: p, position: n, key: k, id, at, body: JSON.parse(b) as B };
}

interface Watcher {
  start(): void;
  close(): Promise<void>;
}

// Tells of other processes' appends. The change stream is for speed; looking at the heads is for certainty.
function createWatcher(database: Db, fire: (streams: Iterable<string>) => void, log?: Log): Watcher {
  const heads = database.collection<Head>('log_heads');
  const clock = createSystemClock();
  const seen = new Map<string, number>();
  let changes: ReturnType<typeof heads.watch> | undefined;
  let timer: Timer | undefined;
  let round: Promise<void> | undefined;
  let closed = false;

  const watch = (): void => {
    changes = heads.watch([], { maxAwaitTimeMS: 1000 });
    changes.on('change', (change) => {
      if ('documentKey' in change) fire([streamOf(String(change.documentKey._id))]);
    });
    changes.on('error', (error) => {
      log?.warn({ error: String(error) }, 'the change stream ended; polling goes on');
      void changes?.close().catch(() => undefined);
      changes = undefined;
    });
  };
  const look = async (): Promise<void> => {
    try {
      const moved = (await heads.find().toArray()).filter(({ _id, n }) => seen.get(_id) !== n);
      for (const { _id, n } of moved) seen.set(_id, n);
      fire(moved.map(({ _id }) => streamOf(_id)));
      if (!changes && !closed) watch();
    } catch (error) {
      log?.warn({ error: String(error) }, 'the log could not be looked at');
    }
    if (!closed) timer = clock.at(clock.now() + POLL_MS, beginRound);
  };
  const beginRound = (): void => {
    round = look();
  };

  return {
    start() {
      if (!round && !closed) beginRound();
    },
    async close() {
      closed = true;
      timer?.cancel();
      await round;
      timer?.cancel();
      await changes?.close();
    },
  };
}

function streamOf(head: string): string {
  return head.slice(0, head.lastIndexOf('|'));
}
