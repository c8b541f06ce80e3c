import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CollectionSpec, Store, Write } from '../../platform/store/store';
import { describeEveryStore } from '../support/every-store';

const SPECS: readonly CollectionSpec[] = [
  { name: 'people', indexes: [{ name: 'mail', fields: ['mail'], unique: true }] },
];

const put = (id: string, word: string): Write => {
  const mail = `${word}-${id}@mail.test`;
  return { kind: 'put', collection: 'people', id, value: { mail, text: `${word}-${id} `.repeat(300) } };
};
const remove = (id: string): Write => ({ kind: 'delete', collection: 'people', id });

const ids = Array.from({ length: 200 }, (_, at) => `n${at}`);

/** Writes everybody as `first`, then half of them as `second`, deletes a quarter, and trims the log. */
async function live(store: Store): Promise<void> {
  const at = (word: string) => ({ stream: 'S', key: word, id: word, at: word === 'kept' ? 2 : 1, body: { word } });
  await store.commit({ sandbox: 'one', writes: ids.map((id) => put(id, 'first')), entries: [at('forgotten')] });
  await store.commit({
    sandbox: 'one',
    writes: ids.slice(0, 100).map((id) => put(id, 'second')),
    entries: [at('kept')],
  });
  await store.commit({ sandbox: 'one', writes: ids.slice(50, 150).map(remove) });
  await store.log.trim(2);
}

/** What of `words` stands anywhere in the files of a folder. */
function findWords(folder: string, words: readonly string[]): readonly string[] {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  return words.filter((word) => files.some((text) => text.includes(word)));
}

describeEveryStore('scrub', (place) => {
  test('P-19 leaves everything that is there, and the store goes on', async () => {
    const store = await place.open(SPECS);
    await live(store);
    await store.scrub?.();
    const people = store.collection<{ mail: string }>('people');
    expect((await people.scan('one', { limit: 1000 })).length).toBe(100);
    expect((await people.get('one', 'n0'))?.value.mail).toBe('second-n0@mail.test');
    await store.commit({ sandbox: 'one', writes: [put('late', 'third')] });
    await store.scrub?.();
    await store.close();
    const again = (await place.open(SPECS)).collection<{ mail: string }>('people');
    expect((await again.get('one', 'late'))?.version).toBe(1);
  });

  if (place.engine === 'sqlite') {
    describe('of a folder', () => {
      const gone = ['first-n0 ', 'first-n49@', 'first-n50', 'second-n50', 'second-n99', 'first-n149', 'forgotten'];
      test('P-19 leaves no byte of what was deleted, overwritten or trimmed in any file', async () => {
        const store = await place.open(SPECS);
        await live(store);
        expect(findWords(place.address, gone).length).toBeGreaterThan(0);
        await store.scrub?.();
        expect(findWords(place.address, gone)).toEqual([]);
        expect(findWords(place.address, ['second-n0 ', 'second-n49@', 'first-n150', 'kept'])).toHaveLength(4);
      });
    });
  }
});
