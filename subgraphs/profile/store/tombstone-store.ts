import { createHash } from 'node:crypto';
import type { Store, Write } from '../../../platform/store/store';
import { tombstonesSpec } from './collections';

/** What is left of one identity of a deleted person. */
export interface Tombstone {
  /** When the person was deleted. */
  readonly atMs: number;
  /** The job that deleted them, and how much that removed. */
  readonly job: string;
  readonly removed: number;
}

/** Marks of deleted people: hashes, so that the marks themselves tell nothing (P-19). */
export interface TombstoneStore {
  /** Identity key → when it was deleted, for those that were since `sinceMs`. */
  find(sandbox: string, keys: Iterable<string>, sinceMs: number): Promise<ReadonlyMap<string, number>>;
  /** The mark of an identity. */
  get(sandbox: string, key: string): Promise<Tombstone | undefined>;
  toWrite(sandbox: string, key: string, mark: Tombstone): Write;
  /** Notes that marks were just committed. */
  committed(sandbox: string): void;
  /** The ids of marks from before an instant. */
  olderThan(sandbox: string, beforeMs: number, limit: number): Promise<readonly string[]>;
}

/** What stands for an identity where it must not be told. */
export function hashOfIdentity(sandbox: string, key: string): string {
  return createHash('sha256').update(`attune tombstone\n${sandbox}\n${key}`).digest('base64url');
}

/** Over the store's collection. Where this process alone writes, sandboxes without marks are not asked again. */
export function createTombstoneStore(store: Store): TombstoneStore {
  const collection = store.collection<Tombstone>(tombstonesSpec.name);
  const empty = new Set<string>();
  return {
    async find(sandbox, keys, sinceMs) {
      const found = new Map<string, number>();
      if (empty.has(sandbox)) return found;
      // Mostly nobody was deleted, and all that is asked for need not be hashed.
      if ((await collection.count(sandbox, { index: 'at', limit: 1 })) === 0) {
        if (store.exclusive) empty.add(sandbox);
        return found;
      }
      const asked = [...keys];
      const marks = await collection.getMany(
        sandbox,
        asked.map((key) => hashOfIdentity(sandbox, key)),
      );
      marks.forEach((mark, index) => {
        const key = asked[index];
        if (mark && key !== undefined && mark.value.atMs >= sinceMs) found.set(key, mark.value.atMs);
      });
      return found;
    },
    get: async (sandbox, key) => (await collection.get(sandbox, hashOfIdentity(sandbox, key)))?.value,
    toWrite: (sandbox, key, value) => ({
      kind: 'put',
      collection: collection.name,
      id: hashOfIdentity(sandbox, key),
      value,
    }),
    committed: (sandbox) => void empty.delete(sandbox),
    async olderThan(sandbox, beforeMs, limit) {
      const upper = { values: [beforeMs], inclusive: false };
      return (await collection.range(sandbox, { index: 'at', upper, limit })).map(({ id }) => id);
    },
  };
}
