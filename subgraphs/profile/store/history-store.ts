import type { Store, Stored, Write } from '../../../platform/store/store';
import type { IdentityChange } from '../domain/history';
import { historySpec } from './collections';

/** A change of identities as it is kept. */
export interface HistoryDocument extends IdentityChange {
  readonly atMs: number;
}

/** What happened to the identities of profiles. */
export interface HistoryStore {
  /** Of all these profiles together, the newest first, from just before `before` on. */
  page(
    sandbox: string,
    profileIds: readonly string[],
    before: string | undefined,
    limit: number,
  ): Promise<readonly Stored<HistoryDocument>[]>;
  /** All of a profile. */
  all(sandbox: string, profileId: string): Promise<readonly Stored<HistoryDocument>[]>;
}

const MOST_CHANGES = 1_000_000;

/** Over the store's collection. */
export function createHistoryStore(store: Store): HistoryStore {
  const collection = store.collection<HistoryDocument>(historySpec.name);
  return {
    all: (sandbox, profileId) =>
      collection.range(sandbox, { index: 'profile', prefix: [profileId], limit: MOST_CHANGES }),
    async page(sandbox, profileIds, before, limit) {
      const upper = before === undefined ? {} : { upper: { values: [before], inclusive: false } };
      const pages = await Promise.all(
        profileIds.map((id) =>
          collection.range(sandbox, { index: 'profile', prefix: [id], reverse: true, limit, ...upper }),
        ),
      );
      return pages
        .flat()
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit);
    },
  };
}

/** Keeps a new change. `id` grows with time, so that a profile's changes are in order. */
export function historyWrite(id: string, change: IdentityChange, atMs: number): Write {
  const value: HistoryDocument = { ...change, atMs };
  return { kind: 'put', collection: historySpec.name, id, value, expected: null };
}

/** Keeps a change that is there already in another form. */
export function historyRewrite(id: string, value: HistoryDocument): Write {
  return { kind: 'put', collection: historySpec.name, id, value };
}
