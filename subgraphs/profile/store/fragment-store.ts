import type { Store, Write } from '../../../platform/store/store';
import type { Fragment, Leaf } from '../domain/attributes';
import type { IdentityState } from '../domain/head';
import { fragmentsSpec } from './collections';

interface FragmentDocument {
  readonly owner: string;
  /** Path → value, time, item. */
  readonly leaves: Readonly<Record<string, readonly [value: unknown, atMs: number, item: string]>>;
}

/** What records say about identities. */
export interface FragmentStore {
  /** All fragments of identities that have any, by their ids. */
  load(sandbox: string, identities: Iterable<IdentityState>): Promise<Map<string, Fragment>>;
  toWrite(fragment: Fragment): Write;
  toRemoval(id: string): Write;
}

/** The id of what one dataset says about one identity. */
export function fragmentId(dataset: string, owner: string): string {
  return `${dataset}|${owner}`;
}

/** Over the store's collection. Heads guard it: who writes a fragment writes the head of its person too. */
export function createFragmentStore(store: Store): FragmentStore {
  const collection = store.collection<FragmentDocument>(fragmentsSpec.name);
  return {
    async load(sandbox, identities) {
      const byId = new Map<string, { readonly dataset: string; readonly owner: string }>();
      for (const { key, datasets } of identities) {
        for (const dataset of datasets) byId.set(fragmentId(dataset, key), { dataset, owner: key });
      }
      const wanted = [...byId.values()];
      if (wanted.length === 0) return new Map();
      const found = await collection.getMany(sandbox, [...byId.keys()]);
      const fragments = new Map<string, Fragment>();
      wanted.forEach(({ dataset, owner }, index) => {
        const document = found[index];
        if (!document) return;
        const rows = Object.entries(document.value.leaves);
        const leaves = new Map(
          rows.map(([path, [value, atMs, item]]): [string, Leaf] => [path, { value, atMs, item }]),
        );
        fragments.set(fragmentId(dataset, owner), { owner, dataset, leaves });
      });
      return fragments;
    },
    toRemoval: (id) => ({ kind: 'delete', collection: collection.name, id }),
    toWrite({ owner, dataset, leaves }) {
      const rows = [...leaves].map(([path, { value, atMs, item }]) => [path, [value, atMs, item]] as const);
      const value: FragmentDocument = { owner, leaves: Object.fromEntries(rows) };
      return { kind: 'put', collection: collection.name, id: fragmentId(dataset, owner), value };
    },
  };
}
