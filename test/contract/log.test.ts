import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { isAppError } from '../../platform/errors';
import { type EventLog, isErased, type LogEntry, type NewLogEntry } from '../../platform/store/event-log';
import type { CollectionSpec, Store } from '../../platform/store/store';
import { describeEveryStore, describeMongoStore } from '../support/every-store';

const SPECS: readonly CollectionSpec[] = [
  { name: 'items', indexes: [{ name: 'mail', fields: ['mail'], unique: true }] },
];

interface Body {
  readonly n: number;
}

const entry = (key: string, n: number, at = n, stream = 'S'): NewLogEntry => ({
  stream,
  key,
  id: `${key}-${n}`,
  at,
  body: { n } satisfies Body,
});
const append = (store: Store, entries: readonly NewLogEntry[], sandbox = 'one'): Promise<void> =>
  store.commit({ sandbox, writes: [], entries });
const idsOf = (entries: readonly LogEntry[]): readonly string[] => entries.map(({ id }) => id);

/** All kept entries of a stream, partition after partition. */
async function readAll(log: EventLog, stream = 'S'): Promise<readonly LogEntry<Body>[]> {
  const all = Array.from({ length: log.partitions }, (_, partition) =>
    log.read<Body>(stream, { partition, after: 0, limit: 100_000 }),
  );
  return (await Promise.all(all)).flat();
}

/** The details of the CURSOR_EXPIRED that a read fails with, or what else became of it. */
async function expiryOf(read: Promise<readonly LogEntry[]>): Promise<unknown> {
  try {
    return idsOf(await read);
  } catch (error) {
    return isAppError(error, 'BAD_USER_INPUT') ? error.details : error;
  }
}

describeEveryStore('log', (place) => {
  describe('an entry', () => {
    test('is read as it was appended, at position 1 of its partition', async () => {
      const store = await place.open(SPECS);
      const body = { n: 1, 'a.b': [null, { $x: 'é𝄞' }] };
      await append(store, [{ stream: 'S', key: 'k', id: 'i', at: 12, body }]);
      const partition = store.log.partitionOf('k');
      expect(await readAll(store.log)).toEqual([
        { sandbox: 'one', stream: 'S', partition, position: 1, key: 'k', id: 'i', at: 12, body },
      ]);
      const head = Array.from({ length: store.log.partitions }, (_, at) => (at === partition ? 1 : 0));
      expect(await store.log.head('S')).toEqual(head);
    });

    test('takes its text from `json` where the caller has it, also when read from the store anew', async () => {
      const body = { n: 1, text: 'é"' };
      const store = await place.open(SPECS);
      await append(store, [{ stream: 'S', key: 'k', id: 'i', at: 12, body, json: JSON.stringify(body) }]);
      expect((await readAll(store.log)).map((each) => each.body)).toEqual([body]);
      await store.close();
      expect((await readAll((await place.open(SPECS)).log)).map((each) => each.body)).toEqual([body]);
    });

    test('of another stream has positions of its own, and an unknown stream is empty', async () => {
      const store = await place.open(SPECS);
      await append(store, [entry('k', 1), entry('k', 2, 2, 'T'), entry('k', 3)]);
      expect((await readAll(store.log)).map(({ id, position }) => [id, position])).toEqual([
        ['k-1', 1],
        ['k-3', 2],
      ]);
      expect((await readAll(store.log, 'T')).map(({ position }) => position)).toEqual([1]);
      expect(await readAll(store.log, 'never')).toEqual([]);
      expect(Math.max(...(await store.log.head('never')))).toBe(0);
    });

    test('of a commit that fails takes no position', async () => {
      const store = await place.open(SPECS);
      const put = (id: string, mail: string, n: number) =>
        store
          .commit({
            sandbox: 'one',
            writes: [{ kind: 'put', collection: 'items', id, value: { mail } }],
            entries: [entry('k', n)],
          })
          .then(
            () => true,
            () => false,
          );
      expect(await Promise.all([put('a', 'x', 1), put('b', 'x', 2), put('c', 'y', 3)])).toEqual([true, false, true]);
      expect(await put('d', 'y', 4)).toBe(false);
      expect(await put('e', 'z', 5)).toBe(true);
      expect((await readAll(store.log)).map(({ id, position }) => [id, position])).toEqual([
        ['k-1', 1],
        ['k-3', 2],
        ['k-5', 3],
      ]);
    });
  });

  describe('reading', () => {
    test('goes on after a position, up to a limit', async () => {
      const store = await place.open(SPECS);
      await append(
        store,
        Array.from({ length: 10 }, (_, at) => entry('k', at + 1)),
      );
      const partition = store.log.partitionOf('k');
      const read = async (after: number, limit: number) =>
        (await store.log.read<Body>('S', { partition, after, limit })).map(({ body }) => body.n);
      expect(await read(0, 3)).toEqual([1, 2, 3]);
      expect(await read(3, 3)).toEqual([4, 5, 6]);
      expect(await read(8, 9)).toEqual([9, 10]);
      expect(await read(10, 9)).toEqual([]);
      expect(await read(99, 9)).toEqual([]);
      expect(await read(0, 0)).toEqual([]);
    });

    test('finds the same in a store that was opened anew', async () => {
      const store = await place.open(SPECS);
      await append(
        store,
        Array.from({ length: 40 }, (_, at) => entry(`k${at % 7}`, at)),
      );
      const before = await readAll(store.log);
      await store.close();
      expect(await readAll((await place.open(SPECS)).log)).toEqual(before);
    });

    test('by key gives the newest of one key and sandbox, in order', async () => {
      const store = await place.open(SPECS);
      await append(
        store,
        Array.from({ length: 9 }, (_, at) => entry(at % 2 ? 'a' : 'b', at)),
      );
      await append(store, [entry('a', 100)], 'two');
      const read = async (key: string, limit: number, sandbox = 'one') =>
        (await store.log.readKey<Body>('S', sandbox, key, limit)).map(({ body }) => body.n);
      expect(await read('a', 99)).toEqual([1, 3, 5, 7]);
      expect(await read('b', 2)).toEqual([6, 8]);
      expect(await read('a', 9, 'two')).toEqual([100]);
      expect(await read('none', 9)).toEqual([]);
      expect(await read('a', 0)).toEqual([]);
      expect(await store.log.readKey('never', 'one', 'a', 9)).toEqual([]);
    });
  });

  test('by key finds what lies far back, behind twenty thousand entries of others', async () => {
    const store = await place.open(SPECS);
    await append(store, [entry('old', 1), entry('old', 2)]);
    for (let at = 0; at < 20; at++) {
      await append(
        store,
        Array.from({ length: 1000 }, (_, n) => entry(`k${n % 50}`, at * 1000 + n)),
      );
    }
    await append(store, [entry('old', 3)]);
    const read = async (limit: number) =>
      (await store.log.readKey<Body>('S', 'one', 'old', limit)).map(({ body }) => body.n);
    expect([await read(1), await read(2), await read(9)]).toEqual([[3], [2, 3], [1, 2, 3]]);
    await store.log.trim(2);
    expect(await read(9)).toEqual([2, 3]);
  });

  describe('a wake-up', () => {
    test('comes after an append to the stream, with the partition, until it is called off', async () => {
      const store = await place.open(SPECS);
      const woken: number[] = [];
      let wake: (() => void) | undefined;
      const unlisten = store.log.onAppend('S', (partitions) => {
        woken.push(...partitions);
        wake?.();
      });
      const first = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await append(store, [entry('k', 1)]);
      await first;
      expect(woken).toContain(store.log.partitionOf('k'));
      unlisten();
      const second = new Promise<void>((resolve) => void store.log.onAppend('T', () => resolve()));
      const before = woken.length;
      await append(store, [entry('k', 2), entry('k', 3, 3, 'T')]);
      await second;
      expect(woken).toHaveLength(before);
    });
  });

  describe('trimming by age', () => {
    const filled = async (): Promise<{ store: Store; partition: number }> => {
      const store = await place.open(SPECS);
      for (let at = 1; at <= 20; at++) await append(store, [entry('k', at, at * 1000)]);
      return { store, partition: store.log.partitionOf('k') };
    };

    test('removes what is older, keeps positions, and tells a cursor from before that it has expired', async () => {
      const { store, partition } = await filled();
      await store.log.trim(11_000);
      const read = (after: number) => expiryOf(store.log.read('S', { partition, after, limit: 2 }));
      const expired = { reason: 'CURSOR_EXPIRED', keptAfter: 10 };
      expect(await read(0)).toEqual(expired);
      expect(await read(9)).toEqual(expired);
      expect(await read(10)).toEqual(['k-11', 'k-12']);
      expect(await read(20)).toEqual([]);
      expect(idsOf(await store.log.readKey('S', 'one', 'k', 99))).toHaveLength(10);
    });

    test('holds in a store that was opened anew, and positions go on', async () => {
      const { store, partition } = await filled();
      await store.log.trim(99_000);
      await store.close();
      const again = await place.open(SPECS);
      expect(await expiryOf(again.log.read('S', { partition, after: 19, limit: 9 }))).toEqual({
        reason: 'CURSOR_EXPIRED',
        keptAfter: 20,
      });
      expect((await again.log.head('S'))[partition]).toBe(20);
      expect(await again.log.read('S', { partition, after: 20, limit: 9 })).toEqual([]);
      await append(again, [entry('k', 21, 1)]);
      const [next] = await again.log.read('S', { partition, after: 20, limit: 9 });
      expect(next).toMatchObject({ position: 21, id: 'k-21' });
    });

    test('keeps an old entry behind a young one, so that no gap comes to be', async () => {
      const store = await place.open(SPECS);
      for (const [n, at] of [
        [1, 1],
        [2, 9],
        [3, 2],
      ] as const) {
        await append(store, [entry('k', n, at)]);
      }
      await store.log.trim(5);
      const partition = store.log.partitionOf('k');
      expect(idsOf(await store.log.read('S', { partition, after: 1, limit: 9 }))).toEqual(['k-2', 'k-3']);
    });

    test('of nothing changes nothing', async () => {
      const { store, partition } = await filled();
      await store.log.trim(1);
      expect(await store.log.read('S', { partition, after: 0, limit: 99 })).toHaveLength(20);
    });

    test('while others read and write never shows a gap', async () => {
      const store = await place.open(SPECS);
      const partition = store.log.partitionOf('k');
      let writing = true;
      const write = async (): Promise<void> => {
        for (let at = 1; at <= 300; at++) await append(store, [entry('k', at), entry('k', at + 0.5)]);
        writing = false;
      };
      const trim = async (): Promise<void> => {
        while (writing) {
          await store.log.trim(((await store.log.head('S'))[partition] ?? 0) / 2 - 5);
          await setImmediate();
        }
      };
      const gaps: unknown[] = [];
      const follow = async (): Promise<void> => {
        for (let after = 0; writing; await setImmediate()) {
          try {
            const entries = await store.log.read('S', { partition, after, limit: 40 });
            if (entries.some(({ position }, at) => position !== after + 1 + at)) gaps.push([after, entries]);
            after = Math.max(0, (entries.at(-1)?.position ?? after) - 15);
          } catch (error) {
            after = Number(isAppError(error) ? error.details.keptAfter : Number.NaN);
          }
        }
      };
      await Promise.all([write(), trim(), follow(), follow()]);
      expect(gaps).toEqual([]);
    });
  });

  describe('erasing keys', () => {
    const filled = async (): Promise<Store> => {
      const store = await place.open(SPECS);
      for (let at = 1; at <= 6; at++) {
        await append(store, [entry('gone', at), entry('stays', at), entry('gone', at, at, 'T')]);
      }
      await append(store, [entry('gone', 7)], 'two');
      return store;
    };
    const check = async (store: Store): Promise<void> => {
      const all = await readAll(store.log);
      expect(all).toHaveLength(13);
      const left = all.filter((each) => !isErased(each));
      expect(left.map(({ key, sandbox }) => `${sandbox}|${key}`).sort()).toEqual([
        ...Array.from({ length: 6 }, () => 'one|stays'),
        'two|gone',
      ]);
      for (const each of all.filter(isErased)) expect(each).toMatchObject({ sandbox: '', key: '', id: '', body: {} });
      expect((await readAll(store.log, 'T')).every(isErased)).toBe(true);
      expect(await store.log.readKey('S', 'one', 'gone', 99)).toEqual([]);
      expect(await store.log.readKey('S', 'two', 'gone', 99)).toHaveLength(1);
      expect(await store.log.readKey('S', 'one', 'stays', 99)).toHaveLength(6);
    };

    test('P-19 empties their entries in all streams, and leaves those of others and of other sandboxes', async () => {
      const store = await filled();
      await store.log.erase('one', ['gone', 'never seen']);
      await check(store);
      await store.log.erase('one', ['gone']);
      await check(store);
      await store.close();
      await check(await place.open(SPECS));
    });

    test('P-19 keeps positions, so that a reader goes on without a gap, and the key can be written anew', async () => {
      const store = await filled();
      const partition = store.log.partitionOf('gone');
      const before = await store.log.read('S', { partition, after: 0, limit: 99 });
      await store.log.erase('one', ['gone']);
      const after = await store.log.read('S', { partition, after: 0, limit: 99 });
      expect(after.map(({ position, at }) => [position, at])).toEqual(before.map(({ position, at }) => [position, at]));
      expect(await store.log.head('S')).toContain(before.at(-1)?.position);
      await append(store, [entry('gone', 8)]);
      expect(idsOf(await store.log.readKey('S', 'one', 'gone', 99))).toEqual(['gone-8']);
      await store.log.trim(9);
      expect(await store.log.read('S', { partition, after: before.length + 1, limit: 9 })).toEqual([]);
    });

    test('P-19 while others write loses none of theirs', async () => {
      const store = await place.open(SPECS);
      const write = async (key: string): Promise<void> => {
        for (let at = 1; at <= 100; at++) await append(store, [entry(key, at)]);
      };
      const erase = async (): Promise<void> => {
        for (let at = 1; at <= 20; at++) {
          await store.log.erase('one', ['gone']);
          await setImmediate();
        }
      };
      await Promise.all([write('gone'), write('stays'), write('too'), erase()]);
      await store.log.erase('one', ['gone']);
      const left = (await readAll(store.log)).filter((each) => !isErased(each));
      for (const key of ['stays', 'too']) {
        const own = left.filter((each) => each.key === key).map(({ body }) => body.n);
        expect(own).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
      }
      expect(left).toHaveLength(200);
    });
  });

  describe('a tailer', () => {
    test('is shown every entry once, each key in order, while many write', async () => {
      const store = await place.open(SPECS);
      await writeAndTail([store], store, 60);
    });
  });
});

describeMongoStore('several stores on one database', (place) => {
  test('opened at once agree on collections and indexes', async () => {
    const stores = await Promise.all([1, 2, 3].map(() => place.open(SPECS)));
    const put = (id: string) => ({ kind: 'put', collection: 'items', id, value: { mail: 'x' } }) as const;
    const results = await Promise.allSettled(
      stores.map((store, at) => store.commit({ sandbox: 'one', writes: [put(`i${at}`)] })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('write at once and skip nothing for a tailer, each key in order', async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => place.open(SPECS)));
    await writeAndTail(stores, await place.open(SPECS), 40);
  });

  test('wake each other', async () => {
    const [one, two] = await Promise.all([place.open(SPECS), place.open(SPECS)]);
    const partition = one.log.partitionOf('k');
    const woken = new Promise<void>((resolve) => {
      two.log.onAppend('S', (partitions) => partitions.has(partition) && resolve());
    });
    await append(one, [entry('k', 1)]);
    await woken;
    expect(await two.log.read('S', { partition, after: 0, limit: 9 })).toHaveLength(1);
  });

  test('lose no increment of one document, and announce each once', async () => {
    const stores = await Promise.all([1, 2, 3].map(() => place.open(SPECS)));
    const increment = async (store: Store): Promise<void> => {
      for (;;) {
        const current = await store.collection<Body>('items').get('one', 'counter');
        const n = (current?.value.n ?? 0) + 1;
        try {
          const expected = current?.version ?? null;
          const write = { kind: 'put', collection: 'items', id: 'counter', value: { n }, expected } as const;
          return await store.commit({ sandbox: 'one', writes: [write], entries: [entry('counter', n)] });
        } catch (error) {
          if (!isAppError(error, 'CONFLICT')) throw error;
        }
      }
    };
    await Promise.all(stores.flatMap((store) => Array.from({ length: 8 }, () => increment(store))));
    const [store] = stores as [Store];
    expect((await store.collection<Body>('items').get('one', 'counter'))?.value.n).toBe(24);
    expect((await readAll(store.log)).map(({ body }) => body.n)).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
  });
});

/** Lets every store write in eight lanes at once while another one is tailed by waking up, and compares in the end. */
async function writeAndTail(stores: readonly Store[], tailed: Store, rounds: number): Promise<void> {
  const lanes = stores.flatMap((store, at) =>
    Array.from({ length: 8 }, (_, lane) => ({ store, key: `k${at}-${lane}` })),
  );
  const expected = lanes.length * rounds * 2;
  const seen: LogEntry<Body>[] = [];
  const tail = tailAll(tailed.log, expected, seen);
  const write = async ({ store, key }: (typeof lanes)[number]): Promise<void> => {
    for (let n = 0; n < rounds * 2; n += 2) {
      await store.commit({
        sandbox: 'one',
        writes: [{ kind: 'put', collection: 'items', id: `${key}-${n}`, value: { n }, expected: null }],
        entries: [entry(key, n), entry(key, n + 1)],
      });
    }
  };
  await Promise.all([...lanes.map(write), tail]);
  expect(new Set(idsOf(seen)).size).toBe(expected);
  for (const { key } of lanes) {
    const own = seen.filter((each) => each.key === key);
    expect(own.map(({ body }) => body.n)).toEqual(Array.from({ length: rounds * 2 }, (_, at) => at));
    expect(new Set(own.map(({ partition }) => partition))).toEqual(new Set([tailed.log.partitionOf(key)]));
  }
}

/** Follows all partitions from the beginning until `count` entries were shown. */
async function tailAll(log: EventLog, count: number, seen: LogEntry<Body>[]): Promise<void> {
  const positions = Array.from({ length: log.partitions }, () => 0);
  let wake = (): void => undefined;
  const unlisten = log.onAppend('S', () => wake());
  while (seen.length < count) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const reads = positions.map((after, partition) => log.read<Body>('S', { partition, after, limit: 50 }));
    const entries = (await Promise.all(reads)).flat();
    for (const each of entries) {
      expect(each.position).toBe((positions[each.partition] ?? 0) + 1);
      positions[each.partition] = each.position;
      seen.push(each);
    }
    if (entries.length === 0) await woken;
  }
  unlisten();
}
