import type { Store, Write } from '../../../platform/store/store';
import type { Fragment, Leaf } from '../domain/attributes';
import type { IdentityState } from '../domain/head';
import { fragmentsSpec } from './collections';

/** A fragment as it is kept. */
export interface FragmentDocument {
  readonly owner: string;
  /** Path → value, time, item. */
  readonly leaves: Readonly<Record<string, readonly [value: unknown, atMs: number, item: string]>>;
}

/** What records say about identities. */
export interface FragmentStore {
  /** All fragments of identities that have any, by their ids. */
  load(sandbox: string, identities: Iterable<IdentityState>): Promise<Map<string, Fragment>>;
  /** The documents with these ids, in the order given. */
  documents(sandbox: string, ids: readonly string[]): Promise<readonly (FragmentDocument | undefined)[]>;
  toWrite(fragment: Fragment): Write;
  toRemoval(id: string): Write;
}

/** The id of what one dataset says about one identity. */
export function fragmentId(dataset: string, owner: string): string {
  return `${dataset}|${owner}`;
}

/** The fragment of a document of a dataset. */
export function fromFragmentDocument({ owner, leaves }: FragmentDocument, dataset: string): Fragment {
  const rows = Object.entries(leaves).map(([path, [value, atMs, item]]): [string, Leaf] => [
    path,
    { value, atMs, item },
  ]);
  return { owner, dataset, leaves: new Map(rows) };
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
        if (document) fragments.set(fragmentId(dataset, owner), fromFragmentDocument(document.value, dataset));
      });
      return fragments;
    },
    async documents(sandbox, ids) {
      return ids.length > 0 ? (await collection.getMany(sandbox, ids)).map((found) => found?.value) : [];
    },
    toRemoval: (id) => ({ kind: 'delete', collection: collection.name, id }),
    toWrite({ owner, dataset, leaves }) {
      const rows = [...leaves].map(([path, { value, atMs, item }]) => [path, [value, atMs, item]] as const);
      const value: FragmentDocument = { owner, leaves: Object.fromEntries(rows) };
      return { kind: 'put', collection: collection.name, id: fragmentId(dataset, owner), value };
    },
  };
}
