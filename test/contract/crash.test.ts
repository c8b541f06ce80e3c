import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LogEntry } from '../../platform/store/event-log';
import type { Store } from '../../platform/store/store';
import { describeEveryStore, type StorePlace } from '../support/every-store';
import { createRandom } from '../support/random';
import { WRITER_COLLECTIONS, WRITER_STREAM } from '../support/store-writer';
import { createTemporaryFolder } from '../support/temporary-folder';
import { createWriterProcess, type WriterProcess } from '../support/writer-process';

const LONG = process.env.ATTUNE_TEST_LONG === '1';
const LANES = 8;

interface Written {
  readonly lane: string;
  readonly number: number;
  readonly text: string;
}

describeEveryStore('kill -9', (place) => {
  const kills = LONG ? 100 : 20;

  test(
    'R-2 loses nothing acknowledged and leaves nothing half done, at whatever instant',
    async () => {
      const random = createRandom(20);
      const acknowledged: number[] = [];
      let next = createWriterProcess();
      try {
        for (let kill = 1; kill <= kills; kill++) {
          const writer = next;
          // Embedded, in turns on the thread that answers and on the one for large groups.
          const engine = place.engine === 'sqlite' && kill % 2 === 0 ? 'sqlite-thread' : place.engine;
          await writer.write({ engine, address: place.address, after: kill * 1_000_000, lanes: LANES });
          if (kill < kills) next = createWriterProcess();
          await writer.acknowledges(1 + Math.floor(random() * 150));
          // The instant within a commit: not that of an answer.
          await setTimeout(random() * 5);
          await writer.kill();
          acknowledged.push(...writer.acknowledged);
          await inspect(place, acknowledged);
        }
      } finally {
        await next.kill();
      }
      expect(acknowledged.length).toBeGreaterThan(kills * LANES);
    },
    LONG ? 1_800_000 : 180_000,
  );
});

/** Opens what was left behind and looks at all of it. */
async function inspect(place: StorePlace, acknowledged: readonly number[]): Promise<void> {
  const store = await place.open(WRITER_COLLECTIONS);
  const entries = await readAll(store);
  const left = await scanAll<Written>(store, 'left');
  const right = await scanAll<Written>(store, 'right');
  const numbers = [...left.keys()].sort((a, b) => a - b);
  const missing = acknowledged.filter((number) => !left.has(number));
  expect(missing).toEqual([]);
  expect([...right.keys()].sort((a, b) => a - b)).toEqual(numbers);
  expect(entries.map(({ body }) => body.number).sort((a, b) => a - b)).toEqual(numbers);
  for (const { number, text } of left.values()) {
    if (text.length !== number % 3000 || right.get(number)?.text !== text) throw new Error(`${number} is half there.`);
  }
  await inspectLanes(store, entries, right);
  await store.close();
}

async function inspectLanes(
  store: Store,
  entries: readonly LogEntry<Written>[],
  right: ReadonlyMap<number, Written>,
): Promise<void> {
  for (let at = 0; at < LANES; at++) {
    const lane = `lane${at}`;
    const own = entries.filter(({ key }) => key === lane).map(({ body }) => body.number);
    const counter = await store.collection<{ counted: number; last: number }>('counters').get('one', lane);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    expect(counter?.value ?? { counted: 0, last: undefined }).toEqual({ counted: own.length, last: own.at(-1) });
    expect(counter?.version ?? 0).toBe(own.length);
    expect(await store.collection('right').count('one', { index: 'lane', prefix: [lane], limit: 1e6 })).toBe(
      [...right.values()].filter((each) => each.lane === lane).length,
    );
  }
}

async function scanAll<T extends { readonly number: number }>(
  store: Store,
  collection: string,
): Promise<ReadonlyMap<number, T>> {
  const all = await store.collection<T>(collection).scan('one', { limit: 1e6 });
  return new Map(all.map(({ value }) => [value.number, value]));
}

async function readAll(store: Store): Promise<readonly LogEntry<Written>[]> {
  const all: LogEntry<Written>[] = [];
  const heads = await store.log.head(WRITER_STREAM);
  for (const [partition, head] of heads.entries()) {
    const entries = await store.log.read<Written>(WRITER_STREAM, { partition, after: 0, limit: 1e6 });
    expect(entries.map(({ position }) => position)).toEqual(Array.from({ length: head }, (_, at) => at + 1));
    all.push(...entries);
  }
  return all;
}

describe('a second process on a data folder', () => {
  const folder = createTemporaryFolder();
  let holder: WriterProcess;
  let other: WriterProcess;
  beforeAll(() => {
    holder = createWriterProcess();
    other = createWriterProcess();
  });
  afterAll(async () => {
    await Promise.all([holder.kill(), other.kill()]);
    folder.remove();
  });

  test('is refused with a sentence that says who holds it and since when, and gets it after a kill', async () => {
    const order = { engine: 'sqlite', address: folder.path, after: 0, lanes: 1 } as const;
    await holder.write(order);
    const held = new RegExp(`^CONFLICT: .*held by process ${holder.pid} on .* since \\d{4}-\\d\\d-\\d\\dT[^;]*;`);
    await expect(other.write(order)).rejects.toThrow(held);
    await holder.acknowledges(1);
    await holder.kill();
    const heir = createWriterProcess();
    await heir.write({ ...order, after: 1_000_000 });
    await heir.acknowledges(1);
    await heir.kill();
  });
});
