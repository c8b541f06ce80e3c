import type { Store, Write } from '../../../platform/store/store';
import type { ComputedState } from '../domain/computed/computed-attribute';
import { computedSpec } from './collections';

/** What is kept of one identity's events: for each computed attribute, the definition that it is by, and the state. */
export type ComputedStates = Readonly<Record<string, readonly [fingerprint: string, state: ComputedState]>>;

interface ComputedDocument {
  readonly states: ComputedStates;
}

/** States of computed attributes by identity. Heads guard them, as they guard fragments. */
export interface ComputedStore {
  load(sandbox: string, owners: readonly string[]): Promise<ReadonlyMap<string, ComputedStates>>;
  toWrite(owner: string, states: ComputedStates): Write;
  toRemoval(owner: string): Write;
}

/** Over the store's collection. */
export function createComputedStore(store: Store): ComputedStore {
  const collection = store.collection<ComputedDocument>(computedSpec.name);
  return {
    async load(sandbox, owners) {
      const found = await collection.getMany(sandbox, owners);
      return new Map(found.flatMap((each) => (each ? [[each.id, each.value.states] as const] : [])));
    },
    toWrite: (owner, states) => ({ kind: 'put', collection: collection.name, id: owner, value: { states } }),
    toRemoval: (owner) => ({ kind: 'delete', collection: collection.name, id: owner }),
  };
}
