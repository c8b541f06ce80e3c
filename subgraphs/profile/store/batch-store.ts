import type { Store, Stored, Write } from '../../../platform/store/store';
import type { Batch } from '../domain/batch';
import type { Item } from '../domain/item';
import { batchesSpec, batchItemsSpec } from './collections';
import { type ItemRow, toItemRow } from './item-documents';

/** An item of a batch; without a row it was worked in, and only that it was there is remembered. */
export interface BatchItem {
  readonly batch: string;
  /** One of the identities that it names. */
  readonly identity: string;
  /** How many more there are, each with a document of its own. */
  readonly others?: number;
  readonly row?: ItemRow & Readonly<Record<string, unknown>>;
}

/** That an item of a batch names a further identity. */
interface BatchName {
  readonly batch: string;
  readonly identity: string;
  /** The item's document. */
  readonly item: string;
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
  /** The items of the batch that name one of these identities. */
  naming(sandbox: string, batch: string, identities: readonly string[]): Promise<readonly Stored<BatchItem>[]>;
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

// Far above what one person brings.
const MOST_ITEMS = 1_000_000;

/** Over the store's collections. */
export function createBatchStore(store: Store): BatchStore {
  const batches = store.collection<Batch>(batchesSpec.name);
  const items = store.collection<BatchItem>(batchItemsSpec.name);
  const names = store.collection<BatchItem | BatchName>(batchItemsSpec.name);
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
      return page.filter(({ id }) => id.startsWith(`${batch}|`) && !id.startsWith(namesPrefix(batch)));
    },
    async naming(sandbox, batch, identities) {
      const found = await Promise.all(
        identities.map((identity) =>
          names.range(sandbox, { index: 'named', prefix: [batch, identity], limit: MOST_ITEMS }),
        ),
      );
      const own = new Map<string, Stored<BatchItem>>();
      const elsewhere = new Set<string>();
      for (const { id, version, value } of found.flat()) {
        if ('item' in value) elsewhere.add(value.item);
        else own.set(id, { id, version, value });
      }
      const further = await items.getMany(
        sandbox,
        [...elsewhere].filter((id) => !own.has(id)),
      );
      return [...own.values(), ...further.flatMap((each) => each ?? [])];
    },
  };
}

/** Keeps a batch; `expected` as in `Write`. */
export function batchWrite(id: string, batch: Batch, expected: number | null): Write {
  return { kind: 'put', collection: batchesSpec.name, id, value: batch, expected };
}

/** Puts an item into a batch, to be found by each identity that it names. */
export function batchItemWrites(batch: string, item: Item & BatchItemKey): readonly Write[] {
  const id = batchItemId(batch, item);
  const others = item.identities.map(({ key }) => key).filter((key) => key !== item.owner);
  const value: BatchItem = {
    batch,
    identity: item.owner,
    ...(others.length > 0 ? { others: others.length } : {}),
    row: toItemRow(item),
  };
  return [
    { kind: 'put', collection: batchItemsSpec.name, id, value, expected: null },
    ...others.map((identity, index): Write => {
      const name: BatchName = { batch, identity, item: id };
      return { kind: 'put', collection: batchItemsSpec.name, id: nameId(id, index), value: name };
    }),
  ];
}

/** Leaves of an item in a batch only that it was there. */
export function batchItemDone({ id, version, value }: Stored<BatchItem>): Write {
  const { row: _, ...rest } = value;
  return { kind: 'put', collection: batchItemsSpec.name, id, value: rest, expected: version };
}

/** Forgets that an item was in a batch. */
export function batchItemRemovals({ id, version, value }: Stored<BatchItem>): readonly Write[] {
  const names = Array.from({ length: value.others ?? 0 }, (_, index) => nameId(id, index));
  return [
    { kind: 'delete', collection: batchItemsSpec.name, id, expected: version },
    ...names.map((name): Write => ({ kind: 'delete', collection: batchItemsSpec.name, id: name })),
  ];
}

// Behind all items of the batch.
function namesPrefix(batch: string): string {
  return `${batch}|~`;
}

function nameId(item: string, index: number): string {
  const cut = item.indexOf('|');
  return `${namesPrefix(item.slice(0, cut))}${index}|${item.slice(cut + 1)}`;
}
