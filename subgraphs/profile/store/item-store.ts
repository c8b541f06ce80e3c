import type { Store, Stored } from '../../../platform/store/store';
import { eventsSpec, recordsSpec } from './collections';
import type { EventDocument, KeptEvent, KeptRecord, RecordDocument } from './item-documents';

/** The events and records as they are kept. */
export interface ItemStore {
  /** All that belongs to these identities: what shows on profiles, or what does not as its dataset is not enabled. */
  ofOwners(
    sandbox: string,
    owners: readonly string[],
    index?: 'owner' | 'hidden',
  ): Promise<{ readonly events: readonly KeptEvent[]; readonly records: readonly KeptRecord[] }>;
  /** Events of these identities of which only the id is remembered. */
  former(sandbox: string, owners: readonly string[]): Promise<readonly KeptEvent[]>;
  /** Those that there are. */
  events(sandbox: string, keys: readonly string[]): Promise<readonly KeptEvent[]>;
  records(sandbox: string, keys: readonly string[]): Promise<readonly KeptRecord[]>;
}

// Far above what is kept of anybody.
const MOST_ROWS = 1_000_000;

/** Over the store's collections. */
export function createItemStore(store: Store): ItemStore {
  const events = store.collection<EventDocument>(eventsSpec.name);
  const records = store.collection<RecordDocument>(recordsSpec.name);
  return {
    async ofOwners(sandbox, owners, index = 'owner') {
      const query = (owner: string) => ({ index, prefix: [owner], limit: MOST_ROWS });
      const [foundEvents, foundRecords] = await Promise.all([
        Promise.all(owners.map((owner) => events.range(sandbox, query(owner)))),
        Promise.all(owners.map((owner) => records.range(sandbox, query(owner)))),
      ]);
      return { events: foundEvents.flat(), records: foundRecords.flat() };
    },
    async former(sandbox, owners) {
      const query = (owner: string) => ({ index: 'former', prefix: [owner], limit: MOST_ROWS });
      return (await Promise.all(owners.map((owner) => events.range(sandbox, query(owner))))).flat();
    },
    events: async (sandbox, keys) => present(await events.getMany(sandbox, keys)),
    records: async (sandbox, keys) => present(await records.getMany(sandbox, keys)),
  };
}

function present<T>(found: readonly (Stored<T> | undefined)[]): readonly Stored<T>[] {
  return found.filter((each): each is Stored<T> => each !== undefined);
}
