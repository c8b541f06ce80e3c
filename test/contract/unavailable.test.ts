import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openMongoStore } from '../../platform/store/mongo/open-mongo-store';
import type { CollectionSpec, Store } from '../../platform/store/store';
import { createDoor, type Door } from '../support/door';
import { createMongoDatabase, type MongoDatabase, mongodbUri } from '../support/mongo-database';

const SPECS: readonly CollectionSpec[] = [{ name: 'items', indexes: [{ name: 'n', fields: ['n'] }] }];
const SOON_MS = 12_000;

describe('opening a MongoDB store', () => {
  test.each(['nonsense', 'http://localhost', 'mongodb://', 'mongodb://u:secret@127.0.0.1:1/x?replicaSet=rs'])(
    'fails with UNAVAILABLE within seconds at %s, and tells no password',
    async (uri) => {
      const opening = openMongoStore({ uri, collections: SPECS });
      await expect(opening).rejects.toMatchObject({ name: 'AppError', code: 'UNAVAILABLE', retryable: false });
      await expect(opening).rejects.not.toThrow(/secret/);
    },
    SOON_MS,
  );
});

const describeMongo = mongodbUri() ? describe : describe.skip;

describeMongo('a MongoDB that goes away', () => {
  let database: MongoDatabase;
  let door: Door;
  let store: Store;
  beforeAll(async () => {
    database = createMongoDatabase();
    const host = /\/\/([^/,]+)/.exec(database.uri)?.[1] ?? '';
    door = await createDoor(host);
    const uri = `${database.uri.replace(/\?.*/, '').replace(host, door.address)}?directConnection=true`;
    store = await openMongoStore({ uri, collections: SPECS });
  });
  afterAll(async () => {
    await store.close();
    await door.shut();
    await database.drop();
  });
  const write = (n: number): Promise<void> =>
    store.commit({
      sandbox: 'one',
      writes: [{ kind: 'put', collection: 'items', id: `i${n}`, value: { n } }],
      entries: [{ stream: 'S', key: 'k', id: `${n}`, at: n, body: { n } }],
    });

  test(
    'fails every read and commit with UNAVAILABLE within seconds, and serves again when it is back',
    async () => {
      await write(1);
      await door.shut();
      const items = store.collection<{ n: number }>('items');
      const attempts = [
        write(2),
        write(3),
        items.get('one', 'i1'),
        items.getMany('one', ['i1']),
        items.range('one', { index: 'n', limit: 1 }),
        items.count('one', { index: 'n', limit: 1 }),
        items.scan('one', { limit: 1 }),
        store.log.read('S', { partition: 0, after: 0, limit: 1 }),
        store.log.readKey('S', 'one', 'k', 1),
        store.log.head('S'),
        store.log.trim(0),
      ];
      const results = await Promise.allSettled(attempts as Promise<unknown>[]);
      const unavailable = { status: 'rejected', reason: { code: 'UNAVAILABLE', retryable: true } };
      expect(results).toMatchObject(attempts.map(() => unavailable));
      await door.open();
      await write(4);
      expect((await items.get('one', 'i1'))?.value).toEqual({ n: 1 });
      expect((await items.get('one', 'i4'))?.value).toEqual({ n: 4 });
    },
    2 * SOON_MS,
  );
});
