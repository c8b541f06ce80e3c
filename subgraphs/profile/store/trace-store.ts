import type { Store, Stored, Write } from '../../../platform/store/store';
import { identityValueOf } from '../domain/identity';
import { batchItemsSpec, failedItemsSpec, requestsSpec } from './collections';

type Document = Readonly<Record<string, unknown>>;

/** What tells of a person beside their profile: answers to requests, items that were refused, items that wait in batches. */
export interface Traces {
  readonly requests: readonly Stored<Document>[];
  readonly failedItems: readonly Stored<Document>[];
  readonly batchItems: readonly Stored<Document>[];
}

/** Finds such traces by going through all there are: there is no index by person, and it is seldom asked for. */
export interface TraceStore {
  find(sandbox: string, identities: readonly string[], profileIds: readonly string[]): Promise<Traces>;
  toRemovals(traces: Traces): readonly Write[];
}

const PAGE = 500;

/** Over the store's collections. */
export function createTraceStore(store: Store): TraceStore {
  const matching = async (
    sandbox: string,
    name: string,
    words: readonly string[],
  ): Promise<readonly Stored<Document>[]> => {
    const collection = store.collection<Document>(name);
    const found: Stored<Document>[] = [];
    for (let after = ''; ; ) {
      const page = await collection.scan(sandbox, { after, limit: PAGE });
      for (const document of page) {
        const text = JSON.stringify(document.value);
        if (words.some((word) => text.includes(word))) found.push(document);
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) return found;
      after = last.id;
    }
  };
  const removal =
    (collection: string) =>
    ({ id }: { readonly id: string }): Write => ({ kind: 'delete', collection, id });

  return {
    async find(sandbox, identities, profileIds) {
      // As they stand in JSON: whole strings, and whole strings within the text of lines that could not be read.
      const values = identities.map((key) => JSON.stringify(identityValueOf(key)));
      const named = [
        ...values,
        ...values.map((value) => JSON.stringify(value).slice(1, -1)),
        ...identities.map(within),
      ];
      return {
        requests: await matching(sandbox, requestsSpec.name, [...named, ...profileIds]),
        failedItems: await matching(sandbox, failedItemsSpec.name, named),
        batchItems: await matching(sandbox, batchItemsSpec.name, named),
      };
    },
    toRemovals: ({ requests, failedItems, batchItems }) => [
      ...requests.map(removal(requestsSpec.name)),
      ...failedItems.map(removal(failedItemsSpec.name)),
      ...batchItems.map(removal(batchItemsSpec.name)),
    ],
  };
}

function within(key: string): string {
  return JSON.stringify(key);
}
