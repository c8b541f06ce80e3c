import type { PrivacySubject } from '../../../flow/ports';
import { mergeConsents } from '../domain/consents';
import type { Person } from '../domain/head';
import { countingLinks } from '../domain/identity-graph';
import { toProfileIdentity } from '../domain/view';
import type { HistoryStore } from '../store/history-store';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import type { FoundLinks } from './find-device-links';
import { findPersonRows, type PersonRowDependencies, type PersonRows } from './find-person-rows';
import type { ProfileReads } from './read-profiles';

type Fields = Readonly<Record<string, unknown>>;

export interface GatherDependencies extends PersonRowDependencies {
  readonly reads: ProfileReads;
  readonly history: HistoryStore;
}

/** Everything that this subgraph holds about people, as one JSON object. */
export async function gatherPerson(
  dependencies: GatherDependencies,
  sandbox: string,
  subject: PrivacySubject,
  nowMs: number,
): Promise<{ readonly found: number; readonly document: Fields }> {
  const { reads, history, store } = dependencies;
  const { profileIds } = subject;
  const [person] = await reads.byIds(sandbox, profileIds.slice(0, 1));
  const rows = await findPersonRows(dependencies, sandbox, subject);
  const changes = (await Promise.all(profileIds.map((each) => history.all(sandbox, each)))).flat();
  const announced = await Promise.all(
    profileIds.map((id) => store.log.readKey('ProfileChanged', sandbox, id, MOST_ANNOUNCED)),
  );
  const records = rows.records.filter(({ value }) => !value.sighting);
  const document = {
    profile: person ? await toDocument(reads, sandbox, person, nowMs) : null,
    events: [...rows.events, ...rows.former].map(toEvent),
    records: records.map(toRecord),
    sightings: rows.records.filter(({ value }) => value.sighting).map(toRecord),
    identityHistory: changes.map(({ value: { atMs, ...rest } }) => ({ ...rest, at: toIso(atMs) })),
    fragments: rows.fragments.map(withId),
    computedStates: rows.computed.map(withId),
    requests: rows.traces.requests.map(withId),
    deviceLinks: rows.deviceLinks.flatMap(toDeviceLinks),
    failedItems: rows.traces.failedItems.map(withId),
    batchItems: rows.traces.batchItems.map(withId),
    changes: announced.flat().map(({ body }) => body),
  };
  return { found: countOf(rows) + changes.length + announced.flat().length + (person ? 1 : 0), document };
}

// Far above what the log keeps of anybody.
const MOST_ANNOUNCED = 1_000_000;

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

function withId({ id, value }: { readonly id: string; readonly value: object }): Fields {
  return { id, ...value };
}

function toDeviceLinks({ graph, links }: FoundLinks): readonly Fields[] {
  return links.map(({ dataset, from, to, atMs, untilMs, item }) => {
    return {
      deviceGraph: dataset,
      provider: graph.provider,
      from,
      to,
      import: item,
      at: toIso(atMs),
      validUntil: toIso(untilMs),
    };
  });
}

function countOf({ events, records, former, fragments, computed, traces, deviceLinks }: PersonRows): number {
  const { requests, failedItems, batchItems } = traces;
  const links = deviceLinks.flatMap((each) => each.links);
  return [events, records, former, fragments, computed, requests, failedItems, batchItems, links].reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}
