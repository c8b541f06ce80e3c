import { expect } from '@jest/globals';
import type { ProfileSnapshot } from '../../../flow/ports';
import { type HistoryItem, nameOf } from '../../support/random-history';
import type { Answer, ProfileFixture } from './profile-fixture';

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

/**
 * The people of a sandbox with all that is known of them, without what may depend on the order of arrival: ids and
 * revisions. Fails where an identity of theirs does not find them (P-14).
 */
export async function stateOf(profile: ProfileFixture, sandbox: string): Promise<readonly PersonOfHistory[]> {
  const people: ProfileSnapshot[] = [];
  for (let after: string | undefined; ; after = people.at(-1)?.id) {
    const page = await profile.subgraph.reader.scan(sandbox, { limit: 100, ...(after ? { after } : {}) });
    people.push(...page);
    if (page.length === 0) break;
  }
  await checkLookUps(profile, sandbox, people);
  await expectScannedAlike(profile, sandbox, people);
  const links = await linksOf(profile, sandbox, people);
  return people
    .map(({ identities, attributes, computedAttributes, events, consents }, index) => ({
      identities: [...identities].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      links: links[index] ?? [],
      attributes,
      computedAttributes,
      events: events.map(({ key }) => key),
      consents,
    }))
    .sort((a, b) => (JSON.stringify(a.identities) < JSON.stringify(b.identities) ? -1 : 1));
}

/** Who scans for attributes and events alone reads them another way. */
async function expectScannedAlike(
  profile: ProfileFixture,
  sandbox: string,
  people: readonly ProfileSnapshot[],
): Promise<void> {
  const query = { limit: 1_000, computed: false, identities: false };
  const scanned = await profile.subgraph.reader.scan(sandbox, query);
  const read = ({ id, revision, attributes, events }: ProfileSnapshot) => ({ id, revision, attributes, events });
  expect(scanned.map(read)).toEqual(people.map(read));
}

type PersonOfHistory = Pick<ProfileSnapshot, 'identities' | 'attributes' | 'computedAttributes' | 'consents'> & {
  readonly links: readonly string[];
  readonly events: readonly string[];
};

async function checkLookUps(
  profile: ProfileFixture,
  sandbox: string,
  people: readonly ProfileSnapshot[],
): Promise<void> {
  const named = people.flatMap(({ id, identities }) =>
    identities.map(({ namespace, value }) => ({ id, identity: { namespace, value } })),
  );
  const { profiles } = await profile.get(
    'query ($i: [IdentityInput!]!) { profiles(identities: $i) { id } }',
    { i: named.map(({ identity }) => identity) },
    { sandbox },
  );
  expect(profiles).toEqual(named.map(({ id }) => ({ id })));
}

async function linksOf(profile: ProfileFixture, sandbox: string, people: readonly ProfileSnapshot[]) {
  const identities = people.flatMap(({ identities: [first] }) =>
    first ? [{ namespace: first.namespace, value: first.value }] : [],
  );
  const { profiles } = await profile.get(
    'query ($i: [IdentityInput!]!) { profiles(identities: $i) { identityLinks { from { value } to { value } dataset item at } } }',
    { i: identities },
    { sandbox },
  );
  return profiles.map(({ identityLinks }: Answer): readonly string[] =>
    identityLinks
      .map(({ from, to, ...source }: Answer) => JSON.stringify([[from.value, to.value].sort(), source]))
      .sort(),
  );
}
