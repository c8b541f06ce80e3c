import { type ClientSession, type Db, MongoBulkWriteError, MongoError } from 'mongodb';
import type { Commit } from '../store';
import { groupBy } from './group-by';
import { type ByPartition, type EntryRow, type LogRows, place, toUnplaced, toVoid, type UnplacedRow } from './log-rows';
import { UNITS_BESIDE_BODY } from './row-writes';
import { RefusedWrite, runOperations } from './write-commands';

/** Somebody who waited too long for a commit gave its places up: it is to be tried again, with others. */
export class LostPlace extends Error {}

/** Where the entries of commits go. */
export interface LogPlaces {
  /**
   * The commits' entries at places of their own. Taken outside of their transaction, so that processes do not wait for
   * each other; to be taken late, as readers wait at a place until it is used or given back.
   */
  take(commits: readonly Commit[]): Promise<readonly EntryRow[]>;
  /** Appends entries inside the session's transaction. Fails with LostPlace. */
  append(rows: readonly EntryRow[], session: ClientSession): Promise<void>;
  /** To be called when the transaction was aborted for sure. What this cannot do, readers will. */
  giveBack(rows: readonly EntryRow[]): Promise<void>;
}

const DUPLICATE_KEY = 11000;
// What is later needs it too: where that is kept for good, so is this.
const SOON = { w: 1, journal: false } as const;

/** Over the log's collections. */
export function createLogPlaces(database: Db, { heads, entries }: Pick<LogRows, 'heads' | 'entries'>): LogPlaces {
  const raise = async (stream: string, added: readonly UnplacedRow[]): Promise<ByPartition> => {
    const counts: Record<string, number> = {};
    for (const { p } of added) counts[`n.${p}`] = (counts[`n.${p}`] ?? 0) + 1;
    const options = { upsert: true, returnDocument: 'after', projection: { n: 1 }, writeConcern: SOON } as const;
    return (await heads.findOneAndUpdate({ _id: stream }, { $inc: counts }, options))?.n ?? {};
  };
  return {
    async take(commits) {
      const added = commits.flatMap(({ sandbox, entries = [] }) => entries.map((entry) => toUnplaced(sandbox, entry)));
      const placed = [...groupBy(added, ({ t }) => t)].map(async ([stream, own]) =>
        place(own, await raise(stream, own)),
      );
      return (await Promise.all(placed)).flat();
    },
    async append(rows, session) {
      try {
        const inserts = rows.map((document) => ({
          kind: 'insert' as const,
          document,
          units: document.b.length + UNITS_BESIDE_BODY,
        }));
        await runOperations(database, entries.collectionName, inserts, session);
      } catch (error) {
        throw isTaken(error) ? new LostPlace('The places in the log were given up.', { cause: error }) : error;
      }
    },
    async giveBack(rows) {
      const voids = rows.map(({ t, p, n }) => toVoid(t, p, n));
      await fillPlaces(entries, voids).catch(() => undefined);
    },
  };
}

const LONGEST_FILLING_MS = 1000;
const MAX_TIME_EXPIRED = 50;

/** Puts voids where nothing is; not where an open transaction has put something. */
export async function fillPlaces(entries: LogRows['entries'], voids: readonly EntryRow[]): Promise<void> {
  if (voids.length === 0) return;
  try {
    await entries.insertMany([...voids], { ordered: false, writeConcern: SOON, maxTimeMS: LONGEST_FILLING_MS });
  } catch (error) {
    if (!isTaken(error) && !(error instanceof MongoError && error.code === MAX_TIME_EXPIRED)) throw error;
  }
}

function isTaken(error: unknown): boolean {
  const isRefused = error instanceof MongoBulkWriteError || error instanceof RefusedWrite;
  return isRefused && error.code === DUPLICATE_KEY;
}
