import type { Store, Stored, Write } from '../../../platform/store/store';
import type { FailedItem } from '../domain/failed-item';
import { failedItemsSpec } from './collections';

/** A page of failed items: those of one dataset, or of all; of one reason, or of all. */
export interface FailedItemQuery {
  readonly dataset?: string;
  readonly code?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Items that were refused. */
export interface FailedItemStore {
  /** The oldest first. */
  page(sandbox: string, query: FailedItemQuery): Promise<readonly Stored<FailedItem>[]>;
  getMany(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<FailedItem> | undefined)[]>;
}

const PAGE = 500;

/** Over the store's collection. */
export function createFailedItemStore(store: Store): FailedItemStore {
  const collection = store.collection<FailedItem>(failedItemsSpec.name);
  const read = (
    sandbox: string,
    { dataset, after, limit }: FailedItemQuery,
  ): Promise<readonly Stored<FailedItem>[]> => {
    if (dataset === undefined) return collection.scan(sandbox, { limit, ...(after ? { after } : {}) });
    const lower = after ? { lower: { values: [after], inclusive: false } } : {};
    return collection.range(sandbox, { index: 'dataset', prefix: [dataset], limit, ...lower });
  };
  return {
    getMany: (sandbox, ids) => collection.getMany(sandbox, ids),
    async page(sandbox, query) {
      if (query.code === undefined) return read(sandbox, query);
      const found: Stored<FailedItem>[] = [];
      for (let after = query.after; ; ) {
        const page = await read(sandbox, { ...query, limit: PAGE, ...(after ? { after } : {}) });
        found.push(...page.filter(({ value }) => value.code === query.code));
        after = page.at(-1)?.id;
        if (found.length >= query.limit || page.length < PAGE) return found.slice(0, query.limit);
      }
    },
  };
}

/** Keeps a failed item. */
export function failedItemWrite(id: string, failed: FailedItem): Write {
  return { kind: 'put', collection: failedItemsSpec.name, id, value: failed };
}

/** Forgets a failed item. */
export function failedItemRemoval(id: string): Write {
  return { kind: 'delete', collection: failedItemsSpec.name, id };
}
