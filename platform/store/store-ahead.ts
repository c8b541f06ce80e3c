import { AppError } from '../errors';
import { createPendingWrites, type Pending, type PendingWrites } from './pending-writes';
import type { Collection, Commit, Store } from './store';

/** What a decision counts on: that the commits under way when it was begun are done. */
export interface Ground {
  /** False when one of them was not done after all. */
  holds(): Promise<boolean>;
}

/** Lets the next commit be decided while the last is on its way. */
export interface StoreAhead {
  /** The store as it will be when every commit under way here is done. */
  readonly store: Store;
  /** Resolves when nothing is under way. */
  settled(sandbox: string): Promise<void>;
  /** To be asked for before the first read of a decision. */
  ground(sandbox: string): Ground;
  /** As the store's, once the ground holds; fails with CONFLICT where it does not. The view has it from the call on. */
  commit(commit: Commit, ground: Ground): Promise<void>;
}

/** Over a store. */
export function createStoreAhead(store: Store): StoreAhead {
  const writes = createPendingWrites();
  return {
    store: { ...store, collection: <T>(name: string) => ahead(store.collection<T>(name), writes) },
    async settled(sandbox) {
      for (let under = writes.of(sandbox); under.length > 0; under = writes.of(sandbox)) await endOf(under);
    },
    ground(sandbox) {
      const under = writes.of(sandbox);
      return { holds: async () => (await endOf(under)).every(Boolean) };
    },
    commit: (commit, ground) =>
      writes.during(commit, async () => {
        if (!(await ground.holds())) throw groundLost();
        await store.commit(commit);
      }),
  };
}

function groundLost(): AppError {
  return new AppError('CONFLICT', 'What was decided on did not come to be.', { retryable: true });
}

function endOf(pending: readonly Pending[]): Promise<readonly boolean[]> {
  return Promise.all(pending.map(({ done }) => done));
}

function ahead<T>(collection: Collection<T>, writes: PendingWrites): Collection<T> {
  const { name } = collection;
  const getMany: Collection<T>['getMany'] = async (sandbox, ids) => {
    if (writes.of(sandbox).length === 0) return collection.getMany(sandbox, ids);
    const known = ids.map((id) => writes.find<T>(sandbox, name, id));
    // What a put without an expectation leaves is known when it is there.
    await endOf(known.flatMap((write) => (write?.isOpen ? [write.pending] : [])));
    const missing = ids.filter((_, index) => !known[index] || known[index].isOpen);
    const read = await collection.getMany(sandbox, missing);
    let next = 0;
    return known.map((write) => (!write || write.isOpen ? read[next++] : write.stored));
  };
  return {
    name,
    getMany,
    get: async (sandbox, id) => (await getMany(sandbox, [id]))[0],
    async range(sandbox, query) {
      await endOf(writes.of(sandbox));
      return collection.range(sandbox, query);
    },
    async ranges(sandbox, index, values) {
      await endOf(writes.of(sandbox));
      return collection.ranges(sandbox, index, values);
    },
    async count(sandbox, query) {
      await endOf(writes.of(sandbox));
      return collection.count(sandbox, query);
    },
    async scan(sandbox, options) {
      await endOf(writes.of(sandbox));
      return collection.scan(sandbox, options);
    },
  };
}
