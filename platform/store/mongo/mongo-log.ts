import type { Db } from 'mongodb';
import type { Log } from '../../log';
import { cursorExpired } from '../cursor-expired';
import type { EventLog } from '../event-log';
import type { Commit } from '../store';
import { createWakeUps } from '../wake-ups';
import { createLogEnds } from './log-ends';
import { createLogGaps } from './log-gaps';
import { createLogMarks } from './log-marks';
import { createLogPlaces, type LogPlaces } from './log-places';
import { between, type EntryRow, openLogRows, PARTITIONS, partitionOf, toEntry } from './log-rows';
import { trimLog } from './log-trim';
import { createLogWatcher } from './log-watcher';
import { reaching } from './reaching';

/** The log with what the writer needs of it. */
export interface MongoLog extends EventLog {
  readonly places: LogPlaces;
  /** Wakes readers, here and in other processes: the transaction of these commits is safe. */
  publish(commits: readonly Commit[]): void;
  close(): Promise<void>;
}

/** Opens the log, making its collections when they are missing. `clearTheWay` ends transactions that nobody will end. */
export async function openMongoLog(
  database: Db,
  { clearTheWay, log }: { readonly clearTheWay: () => Promise<void>; readonly log?: Log | undefined },
): Promise<MongoLog> {
  const rows = await openLogRows(database);
  const { heads, entries } = rows;
  const wakeUps = createWakeUps();
  const watcher = createLogWatcher(rows, wakeUps.fire, log);
  const marks = createLogMarks(rows);
  const gaps = createLogGaps(rows, clearTheWay);
  const ends = createLogEnds(rows, gaps);

  const checkKept = async (stream: string, partition: number, after: number): Promise<void> => {
    const trimmed = (await heads.findOne({ _id: stream }))?.t?.[partition] ?? 0;
    if (after < trimmed) throw cursorExpired(stream, after, trimmed);
  };
  const readRows = async (stream: string, partition: number, after: number, limit: number) => {
    for (const sinceMs = gaps.now(); ; ) {
      const query = { sort: { _id: 1 }, limit, batchSize: limit + 1 } as const;
      const found = await entries.find(between(stream, partition, after), query).toArray();
      const whole = upToGap(found, after);
      const [next] = found;
      if (whole.length > 0) return whole;
      await checkKept(stream, partition, after);
      if (!next) return [];
      // A commit whose place is before it is on its way: it must not be passed.
      await gaps.wait({ stream, partition, after, upTo: next.n - 1 }, sinceMs);
    }
  };
  const readKeyRows = (stream: string, sandbox: string, key: string, limit: number): Promise<EntryRow[]> =>
    entries.find({ t: stream, s: sandbox, k: key }, { sort: { n: -1 }, limit }).toArray();

  return {
    partitions: PARTITIONS,
    partitionOf,
    places: createLogPlaces(database, rows),
    async read<B>(stream: string, query: { partition: number; after: number; limit: number }) {
      if (query.limit <= 0) return [];
      return (await reaching(readRows(stream, query.partition, query.after, query.limit))).map(toEntry<B>);
    },
    async readKey<B>(stream: string, sandbox: string, key: string, limit: number) {
      if (limit <= 0) return [];
      return (await reaching(readKeyRows(stream, sandbox, key, limit))).reverse().map(toEntry<B>);
    },
    head: (stream) => reaching(ends.settled(stream)),
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
    trim: (beforeMs) => reaching(trimLog(rows, ends, beforeMs)),
    publish(commits) {
      for (const { entries = [] } of commits) {
        for (const { stream, key } of entries) {
          wakeUps.fire(stream, partitionOf(key));
          marks.add(stream, partitionOf(key));
        }
      }
    },
    async close() {
      gaps.close();
      await watcher.close();
      await marks.close();
    },
  };
}

// A place that is taken and not yet used makes a gap; so may a trim on its way.
function upToGap(found: readonly EntryRow[], after: number): readonly EntryRow[] {
  const gap = found.findIndex(({ n }, at) => n !== after + 1 + at);
  return gap < 0 ? found : found.slice(0, gap);
}
