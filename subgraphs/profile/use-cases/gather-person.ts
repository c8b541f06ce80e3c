import type { PrivacySubject } from '../../../flow/ports';
import { mergeConsents } from '../domain/consents';
import type { Person } from '../domain/head';
import { identityKey } from '../domain/identity';
import { countingLinks } from '../domain/identity-graph';
import { toProfileIdentity } from '../domain/view';
import type { HistoryStore } from '../store/history-store';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import type { ItemStore } from '../store/item-store';
import type { TraceStore, Traces } from '../store/trace-store';
import type { ProfileReads } from './read-profiles';

type Fields = Readonly<Record<string, unknown>>;

export interface GatherDependencies {
  readonly reads: ProfileReads;
  readonly items: ItemStore;
  readonly history: HistoryStore;
  readonly traces: TraceStore;
}

/** Everything that this subgraph holds about people, as one JSON object. */
export async function gatherPerson(
  { reads, items, history, traces }: GatherDependencies,
  sandbox: string,
  { profileIds, identities }: PrivacySubject,
  nowMs: number,
): Promise<{ readonly found: number; readonly document: Fields }> {
  const keys = identities.map(({ namespace, value }) => identityKey(namespace, value));
  const [id = ''] = profileIds;
  const [person] = await reads.byIds(sandbox, [id]);
  const shown = await items.ofOwners(sandbox, keys);
  const hidden = await items.ofOwners(sandbox, keys, 'hidden');
  const events = [...shown.events, ...hidden.events].map(toEvent);
  const records = [...shown.records, ...hidden.records].filter(({ value }) => !value.sighting).map(toRecord);
  const changes = (await Promise.all(profileIds.map((each) => history.all(sandbox, each)))).flat();
  const found = await traces.find(sandbox, keys, profileIds);
  const document = {
    profile: person ? await toDocument(reads, sandbox, person, nowMs) : null,
    events,
    records,
    identityHistory: changes.map(({ value: { atMs, ...rest } }) => ({ ...rest, at: toIso(atMs) })),
    ...tracesOf(found),
  };
  const count = events.length + records.length + changes.length + countOf(found) + (person ? 1 : 0);
  return { found: count, document };
}

async function toDocument(reads: ProfileReads, sandbox: string, person: Person, nowMs: number): Promise<Fields> {
  const { identities, links, createdAtMs, revision } = person.head;
  const leaves = await reads.leaves(sandbox, person);
  const { values } = await reads.computed(sandbox, person, nowMs);
  return {
    id: person.id,
    revision,
    createdAt: toIso(createdAtMs),
    identities: identities.map((identity) => {
      const { firstSeenMs, lastSeenMs, ...rest } = toProfileIdentity(identity);
      return { ...rest, firstSeen: toIso(firstSeenMs), lastSeen: toIso(lastSeenMs) };
    }),
    identityLinks: countingLinks(identities, links).map(({ from, to, dataset, item, atMs }) => ({
      from,
      to,
      dataset,
      item,
      at: toIso(atMs),
    })),
    attributes: leaves.map(({ path, value, dataset, item, atMs }) => ({ path, value, dataset, item, at: toIso(atMs) })),
    computedAttributes: values,
    consents: [...mergeConsents(identities).values()].map(({ atMs, ...rest }) => ({ ...rest, at: toIso(atMs) })),
  };
}

function toEvent({ id, value }: KeptEvent): Fields {
  return { id, timestamp: toIso(value.timestampMs), data: value.data ?? null };
}

function toRecord({ id, value }: KeptRecord): Fields {
  return { id, at: toIso(value.atMs), data: value.data };
}

function tracesOf({ requests, failedItems, batchItems }: Traces): Fields {
  const values = (rows: Traces['requests']) => rows.map(({ id, value }) => ({ id, ...value }));
  return { requests: values(requests), failedItems: values(failedItems), batchItems: values(batchItems) };
}

function countOf({ requests, failedItems, batchItems }: Traces): number {
  return requests.length + failedItems.length + batchItems.length;
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
