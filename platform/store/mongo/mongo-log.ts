import type { ClientSession, Db } from 'mongodb';
import type { Log } from '../../log';
import { cursorExpired } from '../cursor-expired';
import type { EventLog } from '../event-log';
import type { Commit } from '../store';
import { createWakeUps } from '../wake-ups';
import { groupBy } from './group-by';
import {
  type EntryRow,
  entryIdOf,
  type Head,
  openLogRows,
  PARTITIONS,
  partitionOf,
  place,
  prefixOf,
  toEntry,
  toUnplaced,
  type UnplacedRow,
} from './log-rows';
import { createLogWatcher } from './log-watcher';
import { reaching } from './reaching';

/** The log with what the writer needs of it. */
export interface MongoLog extends EventLog {
  /** Appends the commits' entries inside the session's transaction. Appenders to one partition go one after another. */
  append(commits: readonly Commit[], session: ClientSession): Promise<void>;
  /** Wakes this process's readers: the transaction of these commits is safe. */
  publish(commits: readonly Commit[]): void;
  close(): Promise<void>;
}

/** Opens the log, making its collections when they are missing. */
export async function openMongoLog(database: Db, log?: Log): Promise<MongoLog> {
  const rows = await openLogRows(database);
  const { heads, entries } = rows;
  const wakeUps = createWakeUps();
  const watcher = createLogWatcher(rows, wakeUps.fire, log);

  const checkKept = async (stream: string, partition: number, after: number): Promise<void> => {
    const trimmed = (await heads.findOne({ _id: stream }))?.t?.[partition] ?? 0;
    if (after < trimmed) throw cursorExpired(stream, after, trimmed);
  };
  const readRows = async (stream: string, partition: number, after: number, limit: number) => {
    const between = { _id: { $gt: entryIdOf(stream, partition, after), $lt: `${prefixOf(stream, partition)}}` } };
    const found = await entries.find(between, { sort: { _id: 1 }, limit, batchSize: limit + 1 }).toArray();
    const gap = found.findIndex(({ n }, at) => n !== after + 1 + at);
    // Positions have no gaps; a trim on its way may make one.
    const whole = gap < 0 ? found : found.slice(0, gap);
    if (whole.length === 0) await checkKept(stream, partition, after);
    return whole;
  };
  const readKeyRows = (stream: string, sandbox: string, key: string, limit: number): Promise<EntryRow[]> =>
    entries.find({ t: stream, s: sandbox, k: key }, { sort: { n: -1 }, limit }).toArray();

  const trimPartition = async (stream: string, partition: number, head: number, beforeMs: number): Promise<void> => {
    const first = `${prefixOf(stream, partition)}|`;
    const all = { $gt: first, $lt: `${prefixOf(stream, partition)}}` };
    const kept = await entries.findOne({ _id: all, at: { $gte: beforeMs } }, { sort: { _id: 1 } });
    const last = kept ? kept.n - 1 : head;
    if (last < 1) return;
    await heads.updateOne({ _id: stream }, { $max: { [`t.${partition}`]: last } });
    await entries.deleteMany({ _id: { $gt: first, $lte: entryIdOf(stream, partition, last) } });
  };
  const trimAll = async (beforeMs: number): Promise<void> => {
    for await (const { _id, n = {} } of heads.find()) {
      for (const [partition, head] of Object.entries(n)) await trimPartition(_id, Number(partition), head, beforeMs);
    }
  };
  // One document a stream: whoever raises it first goes first, and the others find that out with their first step.
  const raise = async (stream: string, added: readonly UnplacedRow[], session: ClientSession): Promise<Head['n']> => {
    const counts: Record<string, number> = {};
    for (const { p } of added) counts[`n.${p}`] = (counts[`n.${p}`] ?? 0) + 1;
    const options = { session, upsert: true, returnDocument: 'after', projection: { n: 1 } } as const;
    return (await heads.findOneAndUpdate({ _id: stream }, { $inc: counts }, options))?.n;
  };

  return {
    partitions: PARTITIONS,
    partitionOf,
    async read<B>(stream: string, query: { partition: number; after: number; limit: number }) {
      if (query.limit <= 0) return [];
      return (await reaching(readRows(stream, query.partition, query.after, query.limit))).map(toEntry<B>);
    },
    async readKey<B>(stream: string, sandbox: string, key: string, limit: number) {
      if (limit <= 0) return [];
      return (await reaching(readKeyRows(stream, sandbox, key, limit))).reverse().map(toEntry<B>);
    },
    async head(stream) {
      const head = await reaching(heads.findOne({ _id: stream }));
      return Array.from({ length: PARTITIONS }, (_, partition) => head?.n?.[partition] ?? 0);
    },
    onAppend(stream, wake) {
      watcher.start();
      return wakeUps.on(stream, wake);
    },
    async erase(sandbox, keys) {
      for (const { _id: t } of await reaching(heads.find().toArray())) {
        const own = { t, s: sandbox, k: { $in: [...keys] } };
        await reaching(entries.updateMany(own, { $set: { s: '', k: '', id: '', b: '{}' } }));
      }
    },
    trim: (beforeMs) => reaching(trimAll(beforeMs)),
    async append(commits, session) {
      const added = commits.flatMap(({ sandbox, entries = [] }) => entries.map((entry) => toUnplaced(sandbox, entry)));
      if (added.length === 0) return;
      const placed: EntryRow[] = [];
      for (const [stream, own] of groupBy(added, ({ t }) => t)) {
        placed.push(...place(own, (await raise(stream, own, session)) ?? {}));
      }
      await entries.insertMany(placed, { session, ordered: true });
    },
    publish(commits) {
      for (const { entries = [] } of commits) {
        for (const { stream, key } of entries) wakeUps.fire(stream, partitionOf(key));
      }
    },
    close: watcher.close,
  };
}
