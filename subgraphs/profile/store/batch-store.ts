import type { Store, Stored, Write } from '../../../platform/store/store';
import type { Batch } from '../domain/batch';
import type { Item } from '../domain/item';
import { batchesSpec, batchItemsSpec } from './collections';
import { type ItemRow, toItemRow } from './item-documents';

/** An item that waits in a batch; without a row it was brought in, and only its key is remembered. */
export interface BatchItem {
  readonly row?: ItemRow & Readonly<Record<string, unknown>>;
}

/** Where an item stands in a batch. */
export interface BatchItemKey {
  readonly kind: 'EVENT' | 'RECORD';
  readonly key: string;
}

/** Batches and what is in them. */
export interface BatchStore {
  get(sandbox: string, id: string): Promise<Stored<Batch> | undefined>;
  /** Those of the items that are in the batch already. */
  known(sandbox: string, batch: string, items: readonly BatchItemKey[]): Promise<ReadonlySet<string>>;
  /** A page of the batch's items, by id. */
  page(sandbox: string, batch: string, after: string | undefined, limit: number): Promise<readonly Stored<BatchItem>[]>;
}

/** The id of an item in a batch. */
export function batchItemId(batch: string, { kind, key }: BatchItemKey): string {
  return `${batch}|${kind}|${key}`;
}

/** The item that an id in a batch stands for. */
export function batchItemKey(id: string): BatchItemKey {
  const [, kind = '', ...key] = id.split('|');
  return { kind: kind === 'EVENT' ? 'EVENT' : 'RECORD', key: key.join('|') };
}

/** Over the store's collections. */
export function createBatchStore(store: Store): BatchStore {
  const batches = store.collection<Batch>(batchesSpec.name);
  const items = store.collection<BatchItem>(batchItemsSpec.name);
  return {
    get: (sandbox, id) => batches.get(sandbox, id),
    async known(sandbox, batch, keys) {
      const found = await items.getMany(
        sandbox,
        keys.map((key) => batchItemId(batch, key)),
      );
      return new Set(found.flatMap((each) => (each ? [each.id] : [])));
    },
    async page(sandbox, batch, after, limit) {
      const page = await items.scan(sandbox, { after: after ?? `${batch}|`, limit });
      return page.filter(({ id }) => id.startsWith(`${batch}|`));
    },
  };
}

/** Keeps a batch; `expected` as in `Write`. */
export function batchWrite(id: string, batch: Batch, expected: number | null): Write {
  return { kind: 'put', collection: batchesSpec.name, id, value: batch, expected };
}

/** Puts an item into a batch. */
export function batchItemWrite(batch: string, item: Item & BatchItemKey): Write {
  const value: BatchItem = { row: toItemRow(item) };
  return { kind: 'put', collection: batchItemsSpec.name, id: batchItemId(batch, item), value, expected: null };
}

/** Leaves of an item in a batch only that it was there. */
export function batchItemDone(id: string): Write {
  return { kind: 'put', collection: batchItemsSpec.name, id, value: {} };
}

/** Forgets that an item was in a batch. */
export function batchItemRemoval(id: string): Write {
  return { kind: 'delete', collection: batchItemsSpec.name, id };
}
