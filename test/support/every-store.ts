import { afterEach, beforeEach, describe } from '@jest/globals';
import { openMongoStore } from '../../platform/store/mongo/open-mongo-store';
import { openSqliteStore } from '../../platform/store/sqlite/open-sqlite-store';
import type { CollectionSpec, Store } from '../../platform/store/store';
import { createTemporaryFolder } from './temporary-folder';

/** One place for data, empty at first, that stores can be opened on, one after another. */
export interface StorePlace {
  readonly engine: 'sqlite' | 'mongodb';
  /** A folder or a URI. */
  readonly address: string;
  /** Another store on the same data. Embedded, the one before must be closed first. Closed after the test. */
  open(collections: readonly CollectionSpec[]): Promise<Store>;
}

/** Where the MongoDB of this run listens, without a database; absent when there is none. */
export function mongodbUri(): string | undefined {
  return process.env.ATTUNE_TEST_MONGODB_URI;
}

let databases = 0;

/** Declares the same tests once for each engine that this machine has, each test with a place of its own. */
export function describeEveryStore(name: string, declare: (place: StorePlace) => void): void {
  describe(`${name} (sqlite)`, () => declare(createSqlitePlace()));
  const describeMongo = mongodbUri() ? describe : describe.skip;
  describeMongo(`${name} (mongodb)`, () => declare(createMongoPlace()));
}

function createSqlitePlace(): StorePlace {
  let folder: ReturnType<typeof createTemporaryFolder> | undefined;
  const opened: Store[] = [];
  beforeEach(() => {
    folder = createTemporaryFolder();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    folder?.remove();
  });
  const address = (): string => `${folder?.path}`;
  return {
    engine: 'sqlite',
    get address() {
      return address();
    },
    async open(collections) {
      const store = await openSqliteStore({ folder: address(), collections });
      opened.push(store);
      return store;
    },
  };
}

function createMongoPlace(): StorePlace {
  let uri = '';
  const opened: Store[] = [];
  beforeEach(() => {
    databases += 1;
    uri = `${mongodbUri()}`.replace('/?', `/attune_${process.pid}_${databases}?`);
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  return {
    engine: 'mongodb',
    get address() {
      return uri;
    },
    async open(collections) {
      const store = await openMongoStore({ uri, collections });
      opened.push(store);
      return store;
    },
  };
}
