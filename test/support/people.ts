import { request } from 'undici';
import { type AttuneUnderTest, KEYS } from './every-mode';

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
export type Answer = any;

/** Puts a definition of the profile subgraph; fails when it is refused. */
export async function putDefinition(
  attune: AttuneUnderTest,
  kind: 'Dataset' | 'Namespace' | 'MergePolicy' | 'ComputedAttribute',
  input: object,
): Promise<void> {
  await attune.data(`mutation ($input: ${kind}Input!) { put${kind}(input: $input) { id } }`, { input });
}

/** Sends events to a dataset; answers with counts, and with what became of each. */
export async function ingest(attune: AttuneUnderTest, dataset: string, events: readonly object[]): Promise<Answer> {
  const mutation = `mutation ($dataset: ID!, $events: [JSONObject!]!) { ingestEvents(dataset: $dataset, events: $events) {
    accepted duplicates rejected results { status code path message } } }`;
  return (await attune.data(mutation, { dataset, events }, KEYS.server)).ingestEvents;
}

/** Sends events to a dataset; fails when one of them is refused. */
export async function ingestAll(attune: AttuneUnderTest, dataset: string, events: readonly object[]): Promise<void> {
  const { rejected, results } = await ingest(attune, dataset, events);
  if (rejected > 0) throw new Error(`Events were refused: ${JSON.stringify(results)}`);
}

/** Streams a body into a dataset, `web` or `web?batch=ID`; answers with each line of the answer, read. */
export async function sendRows(
  attune: AttuneUnderTest,
  target: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly Answer[]> {
  const answer = await request(`${attune.url()}/ingest/${target}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS.server}`, ...headers },
    body,
  });
  const lines = (await answer.body.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

/** What a page says and is shown, with a browser's key. */
export async function collect(attune: AttuneUnderTest, input: object): Promise<Answer> {
  const mutation = `mutation ($input: CollectInput!) { collect(input: $input) { ecid results { status } profile {
    id segments { segment { id } } decisions(placements: [{ placement: "home-hero" }]) { offer { id } content } } } }`;
  return (await attune.data(mutation, { input }, KEYS.public)).collect;
}

/** The person with this identity, with everything that is asked of most; null for nobody. */
export async function findPerson(attune: AttuneUnderTest, namespace: string, value: string): Promise<Answer> {
  const query = `query ($identity: IdentityInput!) { profile(identity: $identity) { id isAnonymous attributes computedAttributes
    identities { value } events(first: 100) { edges { node { id } } } segments { segment { id } } } }`;
  return (await attune.data(query, { identity: { namespace, value } }, KEYS.server)).profile;
}

/** The values of all identities of a person, sorted, with blanks between. */
export function namesOf({ identities }: Answer): string {
  return identities
    .map(({ value }: Answer) => value)
    .toSorted()
    .join(' ');
}

/** The ids of the segments of the profile of an answer, sorted. */
export function segmentsOf({ profile }: Answer): readonly string[] {
  return profile.segments.map(({ segment }: Answer) => segment.id).toSorted();
}

/** The offer that the profile of an answer is shown at the first placement. */
export function offerOf({ profile }: Answer): string {
  return profile.decisions[0].offer.id;
}
