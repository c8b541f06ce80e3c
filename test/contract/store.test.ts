import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAppError } from '../../platform/errors';
import type { Collection, CollectionSpec, RangeQuery, Store, Write } from '../../platform/store/store';
import { describeEveryStore } from '../support/every-store';

interface Item {
  readonly name?: string | null;
  readonly size?: number | string | null;
  readonly mail?: string;
  readonly n?: number;
}

const ITEMS: CollectionSpec = {
  name: 'items',
  indexes: [
    { name: 'name', fields: ['name', 'size'] },
    { name: 'size', fields: ['size'] },
    { name: 'mail', fields: ['mail'], unique: true },
  ],
};
const OTHERS: CollectionSpec = { name: 'others', indexes: [] };
const SPECS = [ITEMS, OTHERS];

const put = (id: string, value: Item, expected?: number | null): Write => ({
  kind: 'put',
  collection: 'items',
  id,
  value,
  ...(expected === undefined ? {} : { expected }),
});
const remove = (id: string, expected?: number | null): Write => ({
  kind: 'delete',
  collection: 'items',
  id,
  ...(expected === undefined ? {} : { expected }),
});
const items = (store: Store): Collection<Item> => store.collection<Item>('items');
const idsOf = async (store: Store, query: RangeQuery, sandbox = 'one'): Promise<readonly string[]> =>
  (await items(store).range(sandbox, query)).map(({ id }) => id);

/** The CONFLICT's details, or what else became of it. */
const conflictOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
    return 'committed';
  } catch (error) {
    return isAppError(error, 'CONFLICT') ? error.details : error;
  }
};

describeEveryStore('store', (place) => {
  const filled = async (values: Readonly<Record<string, Item>>): Promise<Store> => {
    const store = await place.open(SPECS);
    await store.commit({ sandbox: 'one', writes: Object.entries(values).map(([id, value]) => put(id, value)) });
    return store;
  };

  describe('documents', () => {
    test('are got one by one and many in the order asked, with undefined where there is none', async () => {
      const store = await filled({ a: { n: 1 }, b: { n: 2 } });
      expect(await items(store).get('one', 'a')).toEqual({ id: 'a', version: 1, value: { n: 1 } });
      expect(await items(store).get('one', 'z')).toBeUndefined();
      const many = await items(store).getMany('one', ['b', 'z', 'a', 'b']);
      expect(many.map((each) => each?.value.n)).toEqual([2, undefined, 1, 2]);
      expect(await items(store).getMany('one', [])).toEqual([]);
    });

    test('are got many at once by ids of any text, each as if alone', async () => {
      const odd = ['größe|/ $.', '"quoted"', '[1,2]', '7', '\u{1d11e}', 'a\nb', "o'clock", ' '];
      const store = await filled(Object.fromEntries(odd.map((id, n) => [id, { n }])));
      await store.commit({ sandbox: 'two', writes: [put('only-there', { n: 1 })] });
      const ids = [...odd, 'only-there', '\ud834', 'a\0b', '', ...odd].reverse();
      const alone = await Promise.all(ids.map((id) => items(store).get('one', id)));
      expect(await items(store).getMany('one', ids)).toEqual(alone);
      expect(alone.filter((each) => each !== undefined)).toHaveLength(2 * odd.length);
    });

    test('keep keys with dots, dollars and any text as they were put', async () => {
      const store = await place.open(SPECS);
      const value = { 'a.b': 1, $set: { x: [null, 'é𝄞\u0000"'] }, name: 'naïve \u0000 not' } as unknown as Item;
      await store.commit({ sandbox: 'one', writes: [{ ...put('größe|/ $.', value) }] });
      expect((await items(store).get('one', 'größe|/ $.'))?.value).toEqual(value);
    });

    test('grow by one version with every put, and begin anew after a delete', async () => {
      const store = await filled({ a: { n: 1 } });
      await store.commit({ sandbox: 'one', writes: [put('a', { n: 2 })] });
      await store.commit({ sandbox: 'one', writes: [put('a', { n: 3 }, 2)] });
      expect(await items(store).get('one', 'a')).toEqual({ id: 'a', version: 3, value: { n: 3 } });
      await store.commit({ sandbox: 'one', writes: [remove('a')] });
      expect(await items(store).get('one', 'a')).toBeUndefined();
      await store.commit({ sandbox: 'one', writes: [put('a', { n: 4 }, null), remove('never-there')] });
      expect((await items(store).get('one', 'a'))?.version).toBe(1);
    });

    test('take their text from `json` where the caller has it', async () => {
      const store = await place.open(SPECS);
      const value = { name: 'x', n: 7 };
      await store.commit({ sandbox: 'one', writes: [{ ...put('a', value), json: JSON.stringify(value) } as Write] });
      expect((await items(store).get('one', 'a'))?.value).toEqual(value);
    });

    test.each([
      ['a put at another version', put('a', {}, 7)],
      ['a put of a version where there is none', put('z', {}, 1)],
      ['a put of a new one where there is one', put('a', {}, null)],
      ['a delete at another version', remove('a', 7)],
      ['a delete of a version where there is none', remove('z', 1)],
      ['a delete of none where there is one', remove('a', null)],
    ])('refuse %s with CONFLICT, and nothing of that commit is written', async (_, write) => {
      const store = await filled({ a: { n: 1 } });
      const writes = [put('b', { n: 2 }), write, put('c', { n: 3 })];
      const entries = [{ stream: 'S', key: 'k', id: '1', at: 1, body: {} }];
      expect(await conflictOf(store.commit({ sandbox: 'one', writes, entries }))).toEqual({
        collection: 'items',
        id: write.id,
      });
      expect(await conflictOf(store.commit({ sandbox: 'one', writes: [write] }))).toEqual({
        collection: 'items',
        id: write.id,
      });
      expect(await items(store).getMany('one', ['a', 'b', 'c'])).toEqual([
        { id: 'a', version: 1, value: { n: 1 } },
        undefined,
        undefined,
      ]);
      expect(Math.max(...(await store.log.head('S')))).toBe(0);
    });

    test('accept a delete of none where there is none, and a delete at the right version', async () => {
      const store = await filled({ a: {} });
      await store.commit({ sandbox: 'one', writes: [remove('z', null)] });
      await store.commit({ sandbox: 'one', writes: [remove('y', null), remove('a', 1)] });
      expect(await items(store).get('one', 'a')).toBeUndefined();
    });

    test('of two sandboxes never meet', async () => {
      const store = await filled({ a: { name: 'x', size: 1, mail: 'm' } });
      await store.commit({ sandbox: 'two', writes: [put('a', { name: 'x', size: 2, mail: 'm' }, null)] });
      expect((await items(store).get('one', 'a'))?.value.size).toBe(1);
      expect((await items(store).get('two', 'a'))?.value.size).toBe(2);
      expect(await items(store).range('two', { index: 'name', limit: 9 })).toHaveLength(1);
      expect(await items(store).scan('two', { limit: 9 })).toHaveLength(1);
      expect(await items(store).count('one', { index: 'name', limit: 9 })).toBe(1);
      expect(await items(store).scan('on', { limit: 9 })).toEqual([]);
    });

    test.each(['', 'a\u0000b', 'half \ud800'])('with the id %j are refused', async (id) => {
      const store = await place.open(SPECS);
      await expect(store.commit({ sandbox: 'one', writes: [put(id, {})] })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
      expect(await items(store).get('one', id)).toBeUndefined();
    });
  });

  describe('a unique index', () => {
    test('refuses the second holder in the same sandbox, names it, and lets those go that lack the field', async () => {
      const store = await filled({ a: { mail: 'x' }, n1: {}, n2: {} });
      const late = store.commit({ sandbox: 'one', writes: [put('c', {}), put('b', { mail: 'x' })] });
      expect(await conflictOf(late)).toEqual({ collection: 'items', id: 'b' });
      expect(await conflictOf(store.commit({ sandbox: 'one', writes: [put('n1', { mail: 'x' }, 1)] }))).toEqual({
        collection: 'items',
        id: 'n1',
      });
      expect(await items(store).getMany('one', ['b', 'c'])).toEqual([undefined, undefined]);
    });

    test('lets a value move when its holder is deleted in the same commit', async () => {
      const store = await filled({ a: { mail: 'x' } });
      await store.commit({ sandbox: 'one', writes: [remove('a'), put('b', { mail: 'x' }, null)] });
      expect(await idsOf(store, { index: 'mail', prefix: ['x'], limit: 9 })).toEqual(['b']);
    });

    test('is walked from a bound that ends with an id', async () => {
      const store = await filled({ a: { mail: 'x' }, b: { mail: 'y' }, c: { mail: 'z' } });
      const from = (values: readonly string[], inclusive: boolean) =>
        idsOf(store, { index: 'mail', lower: { values, inclusive }, limit: 9 });
      expect(await from(['y', 'b'], false)).toEqual(['c']);
      expect(await from(['y', 'b'], true)).toEqual(['b', 'c']);
      expect(await from(['y'], false)).toEqual(['c']);
      const upper = { values: ['y', 'b'], inclusive: true };
      expect(await idsOf(store, { index: 'mail', upper, reverse: true, limit: 9 })).toEqual(['b', 'a']);
    });
  });

  describe('a range', () => {
    const people: Readonly<Record<string, Item>> = {
      a: { name: 'x', size: 1 },
      b: { name: 'x', size: 2 },
      c: { name: 'x', size: 2 },
      d: { name: 'x', size: 10 },
      e: { name: 'y', size: -1.5 },
      f: { name: 'y', size: '2' },
      g: { name: 'y' },
      h: { name: null, size: 3 },
      i: { name: 'Y', size: 3 },
    };

    test.each<[string, RangeQuery, string]>([
      ['all of it', { index: 'name', limit: 99 }, 'iabcdef'],
      ['a prefix', { index: 'name', prefix: ['x'], limit: 99 }, 'abcd'],
      ['the whole key as prefix', { index: 'name', prefix: ['x', 2], limit: 99 }, 'bc'],
      [
        'an inclusive lower bound',
        { index: 'name', prefix: ['x'], lower: { values: [2], inclusive: true }, limit: 99 },
        'bcd',
      ],
      [
        'an exclusive lower bound',
        { index: 'name', prefix: ['x'], lower: { values: [2], inclusive: false }, limit: 99 },
        'd',
      ],
      [
        'a lower bound to the id',
        { index: 'name', prefix: ['x'], lower: { values: [2, 'b'], inclusive: false }, limit: 99 },
        'cd',
      ],
      [
        'an inclusive upper bound',
        { index: 'name', prefix: ['x'], upper: { values: [2], inclusive: true }, limit: 99 },
        'abc',
      ],
      [
        'an exclusive upper bound',
        { index: 'name', prefix: ['x'], upper: { values: [2], inclusive: false }, limit: 99 },
        'a',
      ],
      [
        'an inclusive upper bound to the id',
        { index: 'name', prefix: ['x'], upper: { values: [2, 'b'], inclusive: true }, limit: 99 },
        'ab',
      ],
      [
        'an exclusive upper bound to the id',
        { index: 'name', prefix: ['x', 2], upper: { values: ['c'], inclusive: false }, limit: 99 },
        'b',
      ],
      [
        'bounds over several fields',
        {
          index: 'name',
          lower: { values: ['x', 2, 'c'], inclusive: true },
          upper: { values: ['y', 0], inclusive: true },
          limit: 99,
        },
        'cde',
      ],
      ['reverse with a limit', { index: 'name', prefix: ['x'], reverse: true, limit: 2 }, 'dc'],
      [
        'reverse from a bound',
        { index: 'name', upper: { values: ['x', 2, 'c'], inclusive: false }, reverse: true, limit: 99 },
        'bai',
      ],
      ['numbers before text', { index: 'size', limit: 99 }, 'eabchidf'],
      ['nothing', { index: 'name', prefix: ['nobody'], limit: 99 }, ''],
      ['no more than the limit', { index: 'name', limit: 3 }, 'iab'],
      ['a limit of none', { index: 'name', limit: 0 }, ''],
    ])('gives %s', async (_, query, expected) => {
      const store = await filled(people);
      expect((await idsOf(store, query)).join('')).toBe(expected);
      expect(await items(store).count('one', query)).toBe(expected.length);
    });

    test('sorts text by its UTF-8 bytes', async () => {
      const names = ['', 'Z', 'a', 'a ', 'aa', 'ä', 'z', 'é', 'ﬀ', '𝄞', '漢', '~', 'a\u0301'];
      const store = await filled(Object.fromEntries(names.map((name, at) => [`id${at}`, { name, size: 0 }])));
      const found = (await items(store).range('one', { index: 'name', limit: 99 })).map(({ value }) => value.name);
      expect(found).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    });

    test('follows a document that changes its fields, loses them, or is deleted', async () => {
      const store = await filled({ a: { name: 'x', size: 1 }, b: { name: 'x', size: 2 }, c: { name: 'x', size: 3 } });
      const writes = [put('a', { name: 'x', size: 9 }), put('b', { name: 'x' }), remove('c')];
      await store.commit({ sandbox: 'one', writes });
      expect(await idsOf(store, { index: 'name', limit: 9 })).toEqual(['a']);
      expect(await idsOf(store, { index: 'name', lower: { values: ['x', 9], inclusive: true }, limit: 9 })).toEqual([
        'a',
      ]);
      expect(await idsOf(store, { index: 'name', prefix: ['x', 1], limit: 9 })).toEqual([]);
    });

    test('agrees with a sorted list, whatever the documents and bounds', async () => {
      const store = await place.open(SPECS);
      const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'a', 'b', 'é'));
      const bound = fc.record({ values: fc.array(value, { maxLength: 2 }), inclusive: fc.boolean() });
      const query = fc.record(
        { prefix: fc.array(value, { maxLength: 1 }), lower: bound, upper: bound, reverse: fc.boolean() },
        { requiredKeys: [] },
      );
      const documents = fc.array(fc.record({ name: value, size: value }, { requiredKeys: [] }), { maxLength: 12 });
      let run = 0;
      const property = fc.asyncProperty(
        documents,
        query,
        fc.integer({ min: 1, max: 6 }),
        async (values, asked, limit) => {
          run += 1;
          const sandbox = `run${run}`;
          await store.commit({ sandbox, writes: values.map((each, at) => put(`d${at}`, each as Item)) });
          const query = { index: 'name', limit, ...asked } as RangeQuery;
          // A bound says where to be among the fields after the prefix.
          expect(await idsOf(store, query, sandbox)).toEqual(rangeOf(values as readonly Item[], query));
          const first = [...(asked.prefix ?? []), 'a', 0, 'b'];
          const each = first.map((one) =>
            rangeOf(values as readonly Item[], { index: 'name', prefix: [one], limit: 99 }),
          );
          const found = await items(store).ranges(sandbox, 'name', first);
          expect(found.map((rows) => rows.map(({ id }) => id))).toEqual(each);
        },
      );
      await fc.assert(property, { numRuns: place.engine === 'sqlite' ? 500 : 120, seed: 4 });
    });
  });

  describe('a scan', () => {
    test('meets every document that is there throughout, while others come and go', async () => {
      const ids = Array.from({ length: 50 }, (_, at) => `s${String(at).padStart(2, '0')}`);
      const store = await filled(Object.fromEntries(ids.map((id) => [id, {}])));
      const met: string[] = [];
      for (let after: string | undefined, round = 0; ; round++) {
        const page = await items(store).scan('one', { ...(after === undefined ? {} : { after }), limit: 7 });
        met.push(...page.map(({ id }) => id));
        after = page.at(-1)?.id;
        if (after === undefined) break;
        await store.commit({
          sandbox: 'one',
          writes: [put(`a${round}`, {}), put(`s${10 + round * 3}x`, {}), remove(`a${round - 1}`)],
        });
      }
      expect(met.filter((id) => ids.includes(id))).toEqual(ids);
      expect(met).toEqual(met.toSorted());
    });

    test('goes no further than it is asked to', async () => {
      const store = await filled({ a: {}, b: {}, 'b|c': {}, c: {} });
      const idsUpTo = async (upTo: string, limit = 9) =>
        (await items(store).scan('one', { after: 'a', upTo, limit })).map(({ id }) => id);
      expect([await idsUpTo('b'), await idsUpTo('b~'), await idsUpTo('a'), await idsUpTo('c', 1)]).toEqual([
        ['b'],
        ['b', 'b|c'],
        [],
        ['b'],
      ]);
    });
  });

  describe('commits at the same time', () => {
    test('fail one by one: a conflicting neighbour takes nobody along', async () => {
      const store = await filled({ a: { n: 0 }, b: { n: 0, mail: 'held' } });
      const results = await Promise.all(
        Array.from({ length: 32 }, (_, at) => {
          const own = put(`own${at}`, { n: at }, null);
          const bad =
            at === 5
              ? put('a', {}, 9)
              : at === 11
                ? put('new', { mail: 'held' })
                : at === 17
                  ? remove('b', 3)
                  : undefined;
          const entries = [{ stream: 'S', key: `k${at}`, id: `${at}`, at, body: { at } }];
          return conflictOf(store.commit({ sandbox: 'one', writes: bad ? [own, bad] : [own], entries }));
        }),
      );
      expect(results.flatMap((result, at) => (result === 'committed' ? [] : [[at, result]]))).toEqual([
        [5, { collection: 'items', id: 'a' }],
        [11, { collection: 'items', id: 'new' }],
        [17, { collection: 'items', id: 'b' }],
      ]);
      expect(await items(store).scan('one', { limit: 99 })).toHaveLength(31);
      const heads = await store.log.head('S');
      expect(heads.reduce((a, b) => a + b)).toBe(29);
    });

    test('on one document at one version: exactly one wins', async () => {
      const store = await filled({ a: { n: 0 } });
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, at) =>
          conflictOf(store.commit({ sandbox: 'one', writes: [put('a', { n: at }, 1)] })),
        ),
      );
      expect(results.filter((result) => result === 'committed')).toHaveLength(1);
      expect((await items(store).get('one', 'a'))?.version).toBe(2);
    });

    test('on one document without expectations: all are written, one after another', async () => {
      const store = await place.open(SPECS);
      await Promise.all(
        Array.from({ length: 16 }, (_, at) => store.commit({ sandbox: 'one', writes: [put('a', { n: at })] })),
      );
      expect(await items(store).get('one', 'a')).toEqual({ id: 'a', version: 16, value: { n: 15 } });
    });

    test('of load-decide-commit loops lose no increment', async () => {
      const store = await filled({ a: { n: 0 } });
      const increment = async (): Promise<void> => {
        for (;;) {
          const current = await items(store).get('one', 'a');
          const next = put('a', { n: (current?.value.n ?? 0) + 1 }, current?.version ?? null);
          if ((await conflictOf(store.commit({ sandbox: 'one', writes: [next] }))) === 'committed') return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, increment));
      expect((await items(store).get('one', 'a'))?.value.n).toBe(12);
    });
  });

  describe('reopening', () => {
    test('finds documents, versions and positions again', async () => {
      const store = await filled({ a: { n: 1 } });
      await store.commit({
        sandbox: 'one',
        writes: [],
        entries: [{ stream: 'S', key: 'k', id: '1', at: 1, body: { x: 1 } }],
      });
      await store.close();
      await store.close();
      await expect(store.commit({ sandbox: 'one', writes: [put('b', {})] })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      const again = await place.open(SPECS);
      expect((await items(again).get('one', 'a'))?.value).toEqual({ n: 1 });
      const partition = again.log.partitionOf('k');
      await again.commit({
        sandbox: 'one',
        writes: [],
        entries: [{ stream: 'S', key: 'k', id: '2', at: 2, body: { x: 2 } }],
      });
      const entries = await again.log.read<{ x: number }>('S', { partition, after: 0, limit: 9 });
      expect(entries.map(({ position, body }) => [position, body.x])).toEqual([
        [1, 1],
        [2, 2],
      ]);
    });

    test('with new indexes fills them from the documents, and drops those no longer declared', async () => {
      const before = await place.open([{ name: 'items', indexes: [{ name: 'name', fields: ['name'] }] }]);
      await before.commit({
        sandbox: 'one',
        writes: [put('a', { name: 'x', size: 2 }), put('b', { name: 'y', size: 1 }), put('c', {})],
      });
      await before.close();
      const after = await place.open([
        {
          name: 'items',
          indexes: [
            { name: 'size', fields: ['size'] },
            { name: 'both', fields: ['name', 'size'] },
          ],
        },
      ]);
      expect(await idsOf(after, { index: 'size', limit: 9 })).toEqual(['b', 'a']);
      expect(await idsOf(after, { index: 'both', prefix: ['x'], limit: 9 })).toEqual(['a']);
      await expect(idsOf(after, { index: 'name', limit: 9 })).rejects.toThrow();
    });
  });
});

/** The oracle of ranges over the index (name, size). */
function rangeOf(
  values: readonly Item[],
  { prefix = [], lower, upper, reverse, limit }: RangeQuery,
): readonly string[] {
  const keys = values
    .flatMap(({ name, size }, at) => (name == null || size == null ? [] : [[name, size, `d${at}`] as const]))
    .toSorted((a, b) => compareKeys(a, b));
  const within = keys.filter((key) => {
    if (compareKeys(key, prefix) !== 0) return false;
    const rest = key.slice(prefix.length);
    const low = lower ? compareKeys(rest, lower.values) : 1;
    const high = upper ? compareKeys(rest, upper.values) : -1;
    return (low > 0 || (low === 0 && isIn(lower))) && (high < 0 || (high === 0 && isIn(upper)));
  });
  const ordered = reverse ? within.toReversed() : within;
  return ordered.slice(0, limit).map((key) => key[2]);
}

// An empty bound bounds nothing.
function isIn(bound: RangeQuery['lower']): boolean {
  return bound?.inclusive === true || bound?.values.length === 0;
}

function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareValues(a[at] ?? 0, b[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number') return -1;
  return typeof b === 'number' ? 1 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
