import type { Store, Write } from '../platform/store/store';
import type { Head } from '../subgraphs/profile/domain/head';
import { createFragmentStore } from '../subgraphs/profile/store/fragment-store';
import { toHeadDocument } from '../subgraphs/profile/store/head-document';
import { ecid } from './ingest-load';
import { createPicker } from './rule-workload';

const AT_ONCE = 2_000;
const EVENTS_EACH = 3;
const HOUR_MS = 3_600_000;
// Prime, and above the number of people: they come in another order than their records and events, as identities do.
const STRIDE = 15_485_863;

/** The ECID of a person by number: scattered, as those of browsers are. */
export function scatteredEcid(person: number): string {
  return ecid(Math.imul(person, 2_654_435_761) >>> 0);
}

/** Writes people straight into the store, as they would be kept: a record of eight attributes and three events each. */
export async function seedPeople(store: Store, people: number, nowMs: number, nextId: () => string): Promise<void> {
  const pick = createPicker(11);
  const scattered = (index: number): number => (index * STRIDE) % people;
  const key = (person: number): string => `ECID|${scatteredEcid(person)}`;
  const fragments = createFragmentStore(store);
  const write = async (count: number, make: (index: number) => readonly Write[]): Promise<void> => {
    for (let from = 0; from < count; from += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - from);
      const writes = Array.from({ length: size }, (_, index) => make(from + index)).flat();
      await store.commit({ sandbox: 'default', writes });
    }
  };
  const put = (collection: string, id: string, value: object): Write => {
    return { kind: 'put', collection, id, value, expected: null };
  };
  await write(people, (person) => {
    const profileId = nextId();
    return [
      put('profiles', profileId, toHeadDocument(headOf(key(person), nowMs), Math.floor(nowMs / HOUR_MS))),
      put('profile_identities', key(person), { profileId }),
    ];
  });
  await write(people, (index) => {
    const owner = key(scattered(index));
    const leaf = (value: unknown) => ({ value, atMs: nowMs, item: `record${index}` });
    const numbers = [0, 1, 2, 3].map((each) => [`n${each}`, leaf(pick.below(100))] as const);
    const texts = [0, 1, 2, 3].map((each) => [`t${each}`, leaf(`v${pick.below(8)}`)] as const);
    return [fragments.toWrite({ owner, dataset: 'crm', leaves: new Map([...numbers, ...texts]) })];
  });
  await write(people * EVENTS_EACH, (index) => {
    const timestampMs = nowMs - pick.below(60 * 24) * HOUR_MS;
    const id = scatteredEcid(scattered(index % people));
    const data = {
      _id: `e${index}`,
      timestamp: new Date(timestampMs).toISOString(),
      eventType: `type${pick.below(4)}`,
      category: `c${pick.below(10)}`,
      commerce: { order: { priceTotal: pick.below(997) / 10, currencyCode: 'EUR' } },
      identityMap: { ECID: [{ id }] },
    };
    return [put('profile_events', `web|e${index}`, { owner: `ECID|${id}`, timestampMs, data })];
  });
}

function headOf(key: string, nowMs: number): Head {
  const seen = { stateAtMs: nowMs, firstSeenMs: nowMs, lastSeenMs: nowMs, events: EVENTS_EACH };
  return {
    revision: 1 + EVENTS_EACH,
    createdAtMs: nowMs,
    identities: [{ key, state: 'AMBIGUOUS', ...seen, datasets: ['crm'], consents: [] }],
    links: [],
  };
}
