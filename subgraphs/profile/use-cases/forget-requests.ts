import type { Clock } from '../../../platform/clock';
import type { Store, Write } from '../../../platform/store/store';
import type { Limits } from '../domain/limits';
import { requestsSpec, tombstonesSpec } from '../store/collections';
import type { PrivacyDocumentStore } from '../store/privacy-document-store';
import type { TombstoneStore } from '../store/tombstone-store';
import type { Sweep } from './sweeps';

const AT_ONCE = 1000;
const DAY_MS = 86_400_000;
/** A request that is repeated later than this is a new one. */
const REQUEST_MS = DAY_MS;
/** The document of an ACCESS job can be read so long. */
const DOCUMENT_MS = 30 * DAY_MS;

/** Forgets what is kept for a time only: answers to requests, marks of deleted people, documents of privacy jobs. */
export function createForgetRequests(dependencies: {
  readonly store: Store;
  readonly tombstones: TombstoneStore;
  readonly documents: PrivacyDocumentStore;
  readonly clock: Clock;
  readonly limits: Limits;
}): Sweep {
  const { store, tombstones, documents, clock, limits } = dependencies;
  const requests = store.collection(requestsSpec.name);
  const removals = (collection: string, ids: readonly string[]): readonly Write[] =>
    ids.map((id) => ({ kind: 'delete', collection, id }));
  return async (sandbox) => {
    for (;;) {
      const nowMs = clock.now();
      const upper = { values: [nowMs - REQUEST_MS], inclusive: false };
      const old = await requests.range(sandbox, { index: 'at', upper, limit: AT_ONCE });
      const marks = await tombstones.olderThan(sandbox, nowMs - limits.tombstoneDays * DAY_MS, AT_ONCE);
      const writes = [
        ...removals(
          requestsSpec.name,
          old.map(({ id }) => id),
        ),
        ...removals(tombstonesSpec.name, marks),
        ...(await documents.olderThan(sandbox, nowMs - DOCUMENT_MS)),
      ];
      if (writes.length === 0) return;
      await store.commit({ sandbox, writes });
    }
  };
}
