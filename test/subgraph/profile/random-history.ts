import fc from 'fast-check';
import type { ProfileSnapshot } from '../../../flow/ports';
import { ecid, type ProfileFixture } from './profile-fixture';

/** One item of a random history, and the dataset that it goes to. */
export interface HistoryItem {
  readonly dataset: 'web' | 'crm';
  readonly body: Readonly<Record<string, unknown>>;
}

const IDENTITIES = [
  ['CRMID', 'C-1'],
  ['CRMID', 'C-2'],
  ['CRMID', 'C-3'],
  ['Email', 'a@example.test'],
  ['Email', 'b@example.test'],
  ['ECID', ecid(1)],
  ['ECID', ecid(2)],
  ['ECID', ecid(3)],
] as const;

const START_MS = Date.UTC(2026, 0, 1);

const sighting = fc.record({
  identity: fc.constantFrom(...IDENTITIES),
  primary: fc.boolean(),
  authenticatedState: fc.constantFrom('ambiguous', 'authenticated', 'loggedOut'),
});

const attributes = fc.oneof(
  fc.record({ tier: fc.constantFrom('gold', 'silver', null) }),
  fc.record({ address: fc.record({ city: fc.constantFrom('Bern', 'Rome', null) }) }),
  fc.record({ address: fc.constantFrom('none', null, ['a']) }),
  fc.record({ address: fc.record({ zip: fc.integer({ min: 1, max: 3 }) }), tier: fc.constant('iron') }),
);

const drawn = fc.record({
  kind: fc.constantFrom('event', 'event', 'record'),
  sightings: fc.uniqueArray(sighting, { minLength: 1, maxLength: 3, selector: ({ identity }) => identity.join('|') }),
  second: fc.integer({ min: 0, max: 9 }),
  attributes,
});

/** Histories of up to 14 items on few identities, so that they meet, clash and part. */
export const histories: fc.Arbitrary<readonly HistoryItem[]> = fc
  .array(drawn, { minLength: 1, maxLength: 14 })
  .map((items) =>
    items.map(({ kind, sightings, second, attributes: fields }, index): HistoryItem => {
      const identityMap: Record<string, object[]> = {};
      for (const {
        identity: [namespace, id],
        primary,
        authenticatedState,
      } of sightings) {
        identityMap[namespace] = [...(identityMap[namespace] ?? []), { id, primary, authenticatedState }];
      }
      const base = { _id: `i-${index}`, timestamp: new Date(START_MS + second * 1000).toISOString(), identityMap };
      return kind === 'record'
        ? { dataset: 'crm', body: { ...base, ...fields } }
        : { dataset: 'web', body: { ...base, eventType: 'seen' } };
    }),
  );

/** A history, and a way in which it could arrive: in another order, some of it twice, in batches. */
export const arrivals = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    order: fc.shuffledSubarray([...history.keys(), ...history.keys()], { minLength: 2 * history.length }),
    batchSize: fc.integer({ min: 1, max: 6 }),
  }),
);

/** Sends items in the order given, so many at a time. */
export async function send(
  profile: ProfileFixture,
  sandbox: string,
  items: readonly HistoryItem[],
  batchSize: number,
): Promise<void> {
  for (let start = 0; start < items.length; start += batchSize) {
    const batch = items.slice(start, start + batchSize);
    await Promise.all(
      (['web', 'crm'] as const).map((dataset) => {
        const bodies = batch.filter((item) => item.dataset === dataset).map(({ body }) => body);
        return profile.subgraph.ingestion.ingest(sandbox, dataset, bodies, profile.clock.now());
      }),
    );
    profile.clock.advance(1);
  }
}

/** The people of a sandbox, without what may depend on the order of arrival: ids and revisions. */
export async function stateOf(profile: ProfileFixture, sandbox: string): Promise<readonly object[]> {
  const people: ProfileSnapshot[] = [];
  for (let after: string | undefined; ; after = people.at(-1)?.id) {
    const page = await profile.subgraph.reader.scan(sandbox, { limit: 100, ...(after ? { after } : {}) });
    people.push(...page);
    if (page.length === 0) break;
  }
  return people
    .map(({ attributes: fields, identities, events, consents }) => ({
      identities: [...identities].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      attributes: fields,
      events: events.map(({ key }) => key),
      consents,
    }))
    .sort((a, b) => (JSON.stringify(a.identities) < JSON.stringify(b.identities) ? -1 : 1));
}

/** `namespace|value`. */
export function nameOf({ namespace, value }: { readonly namespace: string; readonly value: string }): string {
  return `${namespace}|${value}`;
}
