import { afterEach, beforeEach, describe } from '@jest/globals';
import type { CollectionSpec, Store } from '../../platform/store/store';
import { createMongoDatabase, mongodbUri } from './mongo-database';
import { type Engine, openAt } from './open-at';
import { createTemporaryFolder } from './temporary-folder';

export { mongodbUri } from './mongo-database';

/** One place for data, empty at first, that stores can be opened on, one after another. */
export interface StorePlace {
  readonly engine: Engine;
  /** A folder or a URI. */
  readonly address: string;
  /** Another store on the same data. Embedded, the one before must be closed first. Closed after the test. */
  open(collections: readonly CollectionSpec[]): Promise<Store>;
}

interface Room {
  readonly address: string;
  remove(): void | Promise<void>;
}

/** Declares the same tests once for each engine that this machine has, each test with a place of its own. */
export function describeEveryStore(name: string, declare: (place: StorePlace) => void): void {
  describe(`${name} (sqlite)`, () => declare(createPlace('sqlite', createFolder)));
  describeMongoStore(name, declare);
}

/** As `describeEveryStore`, for what only several processes at once can meet. */
export function describeMongoStore(name: string, declare: (place: StorePlace) => void): void {
  const describeMongo = mongodbUri() ? describe : describe.skip;
  describeMongo(`${name} (mongodb)`, () => declare(createPlace('mongodb', createDatabase)));
}

function createPlace(engine: Engine, create: () => Room): StorePlace {
  let room: Room | undefined;
  const opened: Store[] = [];
  const address = (): string => {
    if (!room) throw new Error('There is a place only while a test runs.');
    return room.address;
  };
  beforeEach(() => {
    room = create();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await room?.remove();
    room = undefined;
  });
  return {
    engine,
    get address() {
      return address();
    },
    async open(collections) {
      const store = await openAt(engine, address(), collections);
      opened.push(store);
      return store;
    },
  };
}

function createFolder(): Room {
  const { path, remove } = createTemporaryFolder();
  return { address: path, remove };
}

function createDatabase(): Room {
  const { uri, drop } = createMongoDatabase();
  return { address: uri, remove: drop };
}
