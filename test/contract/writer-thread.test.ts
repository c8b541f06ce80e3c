import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createThreadWriter } from '../../platform/store/sqlite/thread-writer';
import type { CollectionSpec, Commit, Store } from '../../platform/store/store';
import { openAt } from '../support/open-at';
import { createTemporaryFolder } from '../support/temporary-folder';

const SPECS: readonly CollectionSpec[] = [{ name: 'items', indexes: [{ name: 'n', fields: ['n'], unique: true }] }];

/** Two documents with one number and an entry that tells of them. */
const commitOf = (n: number, expected: number | null = null): Commit => ({
  sandbox: 'one',
  writes: ['left', 'right'].map((side) => {
    return { kind: 'put', collection: 'items', id: `${side}${n}`, value: { [side]: n, n: `${side}${n}` }, expected };
  }),
  entries: [{ stream: 'S', key: 'k', id: `${n}`, at: n, body: { n } }],
});

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

describe('commits that are written on another thread', () => {
  let folder: ReturnType<typeof createTemporaryFolder>;
  let store: Store;
  beforeEach(async () => {
    folder = createTemporaryFolder();
    store = await openAt('sqlite-thread', folder.path, SPECS);
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });
  const entries = async (): Promise<readonly unknown[]> =>
    (await store.log.read('S', { partition: 0, after: 0, limit: 1000 })).map(({ position, id }) => [position, id]);

  test('end each for itself: who conflicts fails alone, and what the others announce has no gap', async () => {
    await store.commit(commitOf(7));
    const unique: Commit = {
      sandbox: 'one',
      writes: [{ kind: 'put', collection: 'items', id: 'other', value: { n: 'left3' } }],
    };
    const all = [...numbers(0, 10).map((n) => commitOf(n)), unique];
    const results = await Promise.allSettled(all.map((commit) => store.commit(commit)));
    const lost = (id: string) => ({
      reason: { code: 'CONFLICT', retryable: true, details: { collection: 'items', id } },
    });
    expect(results.flatMap((result) => (result.status === 'rejected' ? [result] : []))).toMatchObject([
      lost('left7'),
      lost('other'),
    ]);
    const order = [7, 0, 1, 2, 3, 4, 5, 6, 8, 9].map((n, at) => [at + 1, `${n}`]);
    expect(await entries()).toEqual(order);
    await store.close();
    store = await openAt('sqlite', folder.path, SPECS);
    expect(await entries()).toEqual(order);
    expect(await store.collection('items').count('one', { index: 'n', limit: 100 })).toBe(20);
  });

  test('are read meanwhile all or not at all, and surely once they are acknowledged', async () => {
    let acknowledged = 0;
    let done = false;
    const work = (async () => {
      for (let n = 0; n < 60; n += 20) {
        await Promise.all(numbers(n, n + 20).map((each) => store.commit(commitOf(each))));
        acknowledged = n + 20;
      }
      done = true;
    })();
    while (!done) {
      const surely = acknowledged;
      const all = await store.collection('items').scan('one', { limit: 1000 });
      expect(all.length % 40).toBe(0);
      expect(all.length).toBeGreaterThanOrEqual(2 * surely);
      await setImmediate();
    }
    await work;
  });

  test('leave the log to be trimmed and erased, and the database to be scrubbed, between them', async () => {
    await Promise.all(numbers(0, 50).map((n) => store.commit(commitOf(n))));
    const work = numbers(50, 100).map((n) => store.commit(commitOf(n)));
    await Promise.all([...work, store.log.trim(40), store.log.erase('one', ['nobody']), store.scrub?.()]);
    expect(await store.log.head('S')).toEqual([100]);
    const kept = await store.log.read('S', { partition: 0, after: 40, limit: 1000 });
    expect(kept.map(({ position }) => position)).toEqual(numbers(41, 101));
  });
});

test('a thread that cannot write says so for ever', async () => {
  const writer = createThreadWriter({ folder: '/nowhere', specs: SPECS, cacheBytes: 1024 });
  const group = { commits: [], heads: new Map() };
  for (let tries = 0; tries < 2; tries++) {
    await expect(writer.write(group)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false });
  }
  await writer.close();
});
