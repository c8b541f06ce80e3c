import type { Store, Write } from '../../../platform/store/store';
import type { KeptComputed } from '../domain/compute';
import { computedSpec } from './collections';

/** States of computed attributes by identity. Heads guard them, as they guard fragments. */
export interface ComputedStore {
  load(sandbox: string, owners: readonly string[]): Promise<ReadonlyMap<string, KeptComputed>>;
  toWrite(owner: string, kept: KeptComputed): Write;
  toRemoval(owner: string): Write;
}

/** Over the store's collection. */
export function createComputedStore(store: Store): ComputedStore {
  const collection = store.collection<KeptComputed>(computedSpec.name);
  return {
    async load(sandbox, owners) {
      const found = await collection.getMany(sandbox, owners);
      return new Map(found.flatMap((each) => (each ? [[each.id, each.value] as const] : [])));
    },
    toWrite: (owner, value) => ({ kind: 'put', collection: collection.name, id: owner, value }),
    toRemoval: (owner) => ({ kind: 'delete', collection: collection.name, id: owner }),
  };
}
