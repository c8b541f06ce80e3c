import { expect, test } from '@jest/globals';
import type { CollectionSpec, Commit, Write } from '../../platform/store/store';
import { createStoreAhead } from '../../platform/store/store-ahead';
import { describeEveryStore } from '../support/every-store';

interface Item {
  readonly n: number;
}

const SPECS: readonly CollectionSpec[] = [{ name: 'items', indexes: [{ name: 'n', fields: ['n'] }] }];

const put = (id: string, n: number, expected?: number | null): Write => ({
  kind: 'put',
  collection: 'items',
  id,
  value: { n } satisfies Item,
  ...(expected === undefined ? {} : { expected }),
});
const commitOf = (...writes: readonly Write[]): Commit => ({ sandbox: 'one', writes });

describeEveryStore('a store that is read ahead', (place) => {
  const open = async () => {
    const store = await place.open(SPECS);
    const ahead = createStoreAhead(store);
    return { store, ahead, items: store.collection<Item>('items'), view: ahead.store.collection<Item>('items') };
  };

  test('shows what a commit under way will leave, and the store itself only what is done', async () => {
    const { store, ahead, items, view } = await open();
    await store.commit(commitOf(put('kept', 1), put('changed', 1), put('gone', 1)));
    const change = commitOf(
      put('changed', 2, 1),
      put('new', 3, null),
      { kind: 'delete', collection: 'items', id: 'gone' },
      put('open', 4),
    );
    const committing = ahead.commit(change, ahead.ground('one'));
    const ids = ['kept', 'changed', 'new', 'gone', 'open'];
    expect(await view.getMany('one', ids)).toEqual([
      { id: 'kept', version: 1, value: { n: 1 } },
      { id: 'changed', version: 2, value: { n: 2 } },
      { id: 'new', version: 1, value: { n: 3 } },
      undefined,
      { id: 'open', version: 1, value: { n: 4 } },
    ]);
    expect(await view.get('two', 'new')).toBeUndefined();
    await committing;
    expect(await items.getMany('one', ids)).toEqual(await view.getMany('one', ids));
  });

  test('waits with ranges for what is under way', async () => {
    const { ahead, view } = await open();
    const committing = ahead.commit(commitOf(put('a', 1, null)), ahead.ground('one'));
    expect(await view.range('one', { index: 'n', limit: 9 })).toMatchObject([{ id: 'a' }]);
    expect(await view.count('one', { index: 'n', limit: 9 })).toBe(1);
    expect(await view.scan('one', { limit: 9 })).toMatchObject([{ id: 'a' }]);
    await committing;
  });

  test('commits what was decided on it once that is done, in order', async () => {
    const { ahead, items } = await open();
    const commits = [null, 1, 2, 3].map((expected, n) =>
      ahead.commit(commitOf(put('a', n, expected)), ahead.ground('one')),
    );
    await Promise.all(commits);
    expect(await items.get('one', 'a')).toEqual({ id: 'a', version: 4, value: { n: 3 } });
  });

  test('refuses what was decided on a commit that failed, also where they write nothing in common', async () => {
    const { store, ahead, items, view } = await open();
    await store.commit(commitOf(put('a', 1)));
    const early = ahead.ground('one');
    const failing = ahead.commit(commitOf(put('a', 2, 7)), early);
    const upon = ahead.ground('one');
    const decided = ahead.commit(commitOf(put('b', 1, null)), upon);
    await expect(failing).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(decided).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    // Also when the failure is known by the time of the commit.
    await expect(ahead.commit(commitOf(put('b', 1, null)), upon)).rejects.toMatchObject({ code: 'CONFLICT' });
    await ahead.settled('one');
    expect(await view.get('one', 'a')).toEqual({ id: 'a', version: 1, value: { n: 1 } });
    await ahead.commit(commitOf(put('b', 1, null)), ahead.ground('one'));
    expect(await items.get('one', 'b')).toEqual({ id: 'b', version: 1, value: { n: 1 } });
  });
});

describeEveryStore('a ground on which nothing is under way', (place) => {
  test('holds', async () => {
    const ahead = createStoreAhead(await place.open(SPECS));
    await ahead.commit(commitOf(put('a', 1, null)), ahead.ground('one'));
    expect(await ahead.store.collection<Item>('items').get('one', 'a')).toMatchObject({ version: 1 });
    await ahead.settled('one');
  });
});
