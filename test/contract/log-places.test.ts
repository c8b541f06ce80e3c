import os from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { isErased } from '../../platform/store/event-log';
import { type EntryRow, entryIdOf, type Head } from '../../platform/store/mongo/log-rows';
import type { Store } from '../../platform/store/store';
import { describeMongoStore, type StorePlace } from '../support/every-store';
import { WRITER_COLLECTIONS, WRITER_STREAM } from '../support/store-writer';
import { createWriterProcess, type WriterProcess } from '../support/writer-process';

const STREAM = 'S';
const STOPS = process.env.ATTUNE_TEST_LONG === '1' ? 20 : 2;
const LANES = 8;

const append = (store: Store, n: number): Promise<void> =>
  store.commit({ sandbox: 'one', writes: [], entries: [{ stream: STREAM, key: 'k', id: `${n}`, at: n, body: { n } }] });

/** Another process that takes the next place of a partition, and what it does with it. */
async function takePlace(place: StorePlace, partition: number) {
  const client = await new MongoClient(place.address, { runtimeAdapters: { os } }).connect();
  const heads = client.db().collection<{ _id: string; n: Record<string, number> }>('log_heads');
  const raise = { $inc: { [`n.${partition}`]: 1 } };
  const head = await heads.findOneAndUpdate({ _id: STREAM }, raise, { upsert: true, returnDocument: 'after' });
  const n = head?.n[partition] ?? 0;
  const own = { t: STREAM, p: partition, n, s: 'one', k: 'k', id: 'late', at: n, b: '{}' };
  const row: EntryRow = { _id: entryIdOf(STREAM, partition, n), ...own };
  return {
    use: async () => void (await client.db().collection<EntryRow>('log_entries').insertOne(row)),
    end: () => client.close(),
  };
}

describeMongoStore('places in the log', (place) => {
  const isSettled = async (work: Promise<unknown>, withinMs = 50): Promise<boolean> =>
    Promise.race([work.then(() => true), setTimeout(withinMs, false)]);

  test('are not passed while a commit is on its way to one: it is read in its place, however late', async () => {
    const store = await place.open([]);
    const partition = store.log.partitionOf('k');
    await append(store, 1);
    const other = await takePlace(place, partition);
    await append(store, 3);
    expect((await store.log.read(STREAM, { partition, after: 0, limit: 9 })).map(({ id }) => id)).toEqual(['1']);
    const reading = store.log.read(STREAM, { partition, after: 1, limit: 9 });
    const ending = store.log.head(STREAM);
    expect([await isSettled(reading), await isSettled(ending)]).toEqual([false, false]);
    await other.use();
    expect((await reading).map(({ id, position }) => [id, position])).toEqual([
      ['late', 2],
      ['3', 3],
    ]);
    expect((await ending)[partition]).toBe(3);
    await other.end();
  });

  test('are not trimmed while a commit is on its way to one', async () => {
    const store = await place.open([]);
    const partition = store.log.partitionOf('k');
    await append(store, 1);
    const other = await takePlace(place, partition);
    await append(store, 3);
    const trimming = store.log.trim(2);
    expect(await isSettled(trimming, 500)).toBe(false);
    await other.use();
    await trimming;
    expect((await store.log.read(STREAM, { partition, after: 1, limit: 9 })).map(({ id }) => id)).toEqual([
      'late',
      '3',
    ]);
    await other.end();
  });

  test('that nobody comes to use are given up after a while, and what comes too late finds them taken', async () => {
    const [one, two] = [await place.open([]), await place.open([])];
    const partition = one.log.partitionOf('k');
    const other = await takePlace(place, partition);
    await append(one, 2);
    const reads = [one, two].map((store) => store.log.read(STREAM, { partition, after: 0, limit: 9 }));
    const [found, same] = await Promise.all(reads);
    expect(found?.map((entry) => [entry.position, isErased(entry), entry.id])).toEqual([
      [1, true, ''],
      [2, false, '2'],
    ]);
    expect(same).toEqual(found);
    await expect(other.use()).rejects.toThrow(/duplicate key/);
    await append(one, 3);
    expect((await two.log.head(STREAM))[partition]).toBe(3);
    expect((await two.log.readKey(STREAM, 'one', 'k', 9)).map(({ id }) => id)).toEqual(['2', '3']);
    await other.end();
  });

  test('of a process that stands still before its commit are given up, and the commit finds others', async () => {
    const writer = createWriterProcess();
    const store = await place.open(WRITER_COLLECTIONS);
    const database = await look(place);
    const read = Array.from({ length: store.log.partitions }, (): number[] => []);
    const follow = async (): Promise<void> => {
      for (const [partition, seen] of read.entries()) {
        const query = { partition, after: seen.length, limit: 10_000 };
        for (const { position, body } of await store.log.read<{ number?: number }>(WRITER_STREAM, query)) {
          expect(position).toBe(seen.length + 1);
          seen.push(body.number ?? 0);
        }
      }
    };
    const appendEverywhere = (number: number): Promise<void> =>
      store.commit({
        sandbox: 'one',
        writes: [],
        entries: read.map((_, at) => ({
          stream: WRITER_STREAM,
          key: `lane${at}`,
          id: `${number}`,
          at: 1,
          body: { number },
        })),
      });
    let given = 0;
    try {
      await writer.write({ engine: place.engine, address: place.address, after: 0, lanes: LANES });
      for (let stop = 1; stop <= STOPS; stop++) {
        given += await stopOnTheWay(writer, database.places);
        await appendEverywhere(-stop);
        await follow();
        process.kill(writer.pid, 'SIGCONT');
        await writer.acknowledges(LANES);
      }
    } finally {
      process.kill(writer.pid, 'SIGCONT');
      await writer.kill();
      await database.end();
    }
    await store.log.head(WRITER_STREAM);
    await follow();
    const numbers = read.flat();
    expect(writer.acknowledged.filter((number) => !numbers.includes(number))).toEqual([]);
    // The server may have done what the writer had sent already.
    expect(numbers.filter((number) => number === 0).length).toBeLessThanOrEqual(given);
    const written = numbers.filter((number) => number > 0);
    expect(new Set(written).size).toBe(written.length);
  }, 120_000);
});

/** How many places of the writers' stream are taken and not used. */
async function look({ address }: StorePlace) {
  const client = await new MongoClient(address, { runtimeAdapters: { os } }).connect();
  const heads = client.db().collection<Head>('log_heads');
  const options = { readConcern: { level: 'majority' } } as const;
  return {
    async places(): Promise<number> {
      const used = await client.db().collection('log_entries').countDocuments({ t: WRITER_STREAM }, options);
      const taken = Object.values((await heads.findOne({ _id: WRITER_STREAM }, options))?.n ?? {});
      return taken.reduce((sum, n) => sum + n, 0) - used;
    },
    end: () => client.close(),
  };
}

/** Stops the writer at an instant at which it has taken places and not committed; answers with how many. */
async function stopOnTheWay(writer: WriterProcess, places: () => Promise<number>): Promise<number> {
  for (let tries = 1; tries <= 500; tries++) {
    process.kill(writer.pid, 'SIGSTOP');
    // What it sent before may still be done.
    await setTimeout(20);
    const open = await places();
    if (open > 0) return open;
    process.kill(writer.pid, 'SIGCONT');
    await setTimeout(tries % 7);
  }
  throw new Error('The writer was never found on the way to its places.');
}
