import type { Store, Stored, Write } from '../../../platform/store/store';
import type { FailedItem } from '../domain/failed-item';
import { type PersonNames, toNames } from '../domain/person-names';
import { type BatchItem, batchItemRemovals } from './batch-store';
import { batchItemsSpec, failedItemsSpec, requestsSpec } from './collections';

/** The answer to a request, as far as it tells whose it was. */
interface KeptRequest {
  readonly profileId?: string;
  readonly browser?: string;
  readonly answers?: readonly { readonly profileId?: string }[];
  readonly atMs: number;
}

/** What tells of a person beside their profile: answers to requests, items that were refused, items of batches. */
export interface Traces {
  readonly requests: readonly Stored<KeptRequest>[];
  readonly failedItems: readonly Stored<FailedItem>[];
  readonly batchItems: readonly Stored<BatchItem>[];
}

/** Whose traces. */
export interface TraceQuery {
  readonly names: PersonNames;
  readonly profileIds: readonly string[];
  /** The fields of a dataset's items that hold identities. */
  readonly fieldsOf: (dataset: string) => Parameters<PersonNames['isNamedBy']>[1];
  /** Only those from up to then; absent: all. */
  readonly untilMs?: number;
}

/** Finds such traces by going through all there are: there is no index by person, and it is seldom asked for. */
export interface TraceStore {
  find(sandbox: string, query: TraceQuery): Promise<Traces>;
  toRemovals(traces: Traces): readonly Write[];
}

const PAGE = 500;

/** Over the store's collections. */
export function createTraceStore(store: Store): TraceStore {
  const matching = async <T>(
    sandbox: string,
    name: string,
    isWanted: (document: T) => boolean,
  ): Promise<readonly Stored<T>[]> => {
    const collection = store.collection<T>(name);
    const found: Stored<T>[] = [];
    for (let after = ''; ; ) {
      const page = await collection.scan(sandbox, { after, limit: PAGE });
      found.push(...page.filter(({ value }) => isWanted(value)));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return found;
      after = last.id;
    }
  };
  const removal =
    (collection: string) =>
    ({ id }: { readonly id: string }): Write => ({ kind: 'delete', collection, id });

  return {
    async find(sandbox, { names, profileIds, fieldsOf, untilMs = Number.POSITIVE_INFINITY }) {
      const ids = new Set(profileIds);
      const isOwn = (key: string | undefined): boolean => key !== undefined && names.isOwn(...toNames(key));
      return {
        requests: await matching<KeptRequest>(sandbox, requestsSpec.name, ({ profileId, browser, answers, atMs }) => {
          const told = [profileId, ...(answers ?? []).map((answer) => answer.profileId)];
          return atMs <= untilMs && (isOwn(browser) || told.some((id) => id !== undefined && ids.has(id)));
        }),
        failedItems: await matching<FailedItem>(
          sandbox,
          failedItemsSpec.name,
          ({ body, dataset, atMs }) => atMs <= untilMs && names.isNamedBy(body, fieldsOf(dataset)),
        ),
        batchItems: await matching<BatchItem>(sandbox, batchItemsSpec.name, ({ row, identity }) => {
          const { owner, hiddenOwner, who = [] } = row ?? {};
          const atMs = Number(row?.timestampMs ?? row?.atMs ?? 0);
          return atMs <= untilMs && [identity, owner, hiddenOwner, ...who.map(([key]) => key)].some(isOwn);
        }),
      };
    },
    toRemovals: ({ requests, failedItems, batchItems }) => [
      ...requests.map(removal(requestsSpec.name)),
      ...failedItems.map(removal(failedItemsSpec.name)),
      ...batchItems.flatMap(batchItemRemovals),
    ],
  };
}
