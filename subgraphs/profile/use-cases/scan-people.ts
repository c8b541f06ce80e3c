import type { ProfileEvent } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';
import type { Person } from '../domain/head';
import { newestFirst } from '../store/event-store';
import { type FragmentDocument, fragmentId, fromFragmentDocument } from '../store/fragment-store';
import type { ProfileSettings } from '../store/profile-configuration';
import { attributesOf } from './merge-records';
import { isShown, type ProfileReads, type ReadDependencies } from './read-profiles';

type Fields = Readonly<Record<string, unknown>>;

/** One fragment that is asked for, and whose. */
interface Wanted {
  readonly id: string;
  readonly dataset: string;
  readonly person: number;
}

/**
 * People with their attributes by the default policy, and with their events if these are asked for: all of a page read
 * together, and nothing made that rules do not ask for. Identities, consents and computed attributes stay empty.
 */
export async function scanAttributes(
  reads: ProfileReads,
  dependencies: ReadDependencies,
  sandbox: string,
  people: readonly Person[],
  withEvents: boolean,
): Promise<readonly ProfileSnapshot[]> {
  const settings = await dependencies.configuration.settings(sandbox);
  const attributes = await readAttributes(dependencies, sandbox, people, settings);
  const events = withEvents ? await readEvents(reads, dependencies, sandbox, people, settings) : [];
  return people.map(({ id, head }, index) => ({
    id,
    revision: head.revision,
    attributes: attributes[index] ?? {},
    computedAttributes: {},
    identities: [],
    events: events[index] ?? [],
    consents: {},
  }));
}

async function readAttributes(
  { fragments }: ReadDependencies,
  sandbox: string,
  people: readonly Person[],
  { datasets, defaultPolicy }: ProfileSettings,
): Promise<readonly Fields[]> {
  const wanted = people.flatMap(({ head }, person) =>
    head.identities.flatMap(({ key, datasets: own }) =>
      own.flatMap((dataset): Wanted | readonly Wanted[] =>
        datasets.get(dataset)?.profileEnabled ? { id: fragmentId(dataset, key), dataset, person } : [],
      ),
    ),
  );
  const found = await fragments.documents(
    sandbox,
    wanted.map(({ id }) => id),
  );
  const isByTime = defaultPolicy.attributes === 'TIMESTAMP';
  let at = 0;
  return people.map((_, person) => {
    const from = at;
    while (wanted[at]?.person === person) at += 1;
    const flat = isByTime && at - from === 1 ? toFlat(found[from]) : undefined;
    if (flat) return flat;
    const own = wanted.slice(from, at).flatMap(({ dataset }, index) => {
      const document = found[from + index];
      return document ? [fromFragmentDocument(document, dataset)] : [];
    });
    return attributesOf(own, defaultPolicy);
  });
}

/** The attributes that the leaves of one document make by themselves; `undefined` where one may stand below another. */
function toFlat(document: FragmentDocument | undefined): Fields | undefined {
  const attributes: Record<string, unknown> = {};
  for (const path in document?.leaves) {
    if (path.includes('.') || path.includes('\\')) return undefined;
    const value = document.leaves[path]?.[0];
    if (value !== null) attributes[path] = value;
  }
  return attributes;
}

/** The kept events that show, the oldest first. Those who have more than are kept are read one by one. */
async function readEvents(
  reads: ProfileReads,
  { events, limits, clock }: ReadDependencies,
  sandbox: string,
  people: readonly Person[],
  settings: ProfileSettings,
): Promise<readonly (readonly ProfileEvent[])[]> {
  const most = limits.eventsPerProfile;
  const owners = people.map(({ head }) => {
    const owning = head.identities.filter((identity) => identity.events > 0);
    return owning.reduce((sum, identity) => sum + identity.events, 0) > most ? undefined : owning.map(({ key }) => key);
  });
  const found = (
    await events.ofEach(
      sandbox,
      owners.flatMap((keys) => keys ?? []),
    )
  ).values();
  const nowMs = clock.now();
  return Promise.all(
    people.map(async (person, index) => {
      const own = owners[index]?.map(() => found.next().value ?? []);
      if (!own) return (await reads.events(sandbox, person, { limit: most })).toReversed();
      const all = own.length === 1 ? (own[0] ?? []) : own.flat().sort((a, b) => newestFirst(b, a));
      return all.filter((event) => isShown(event, settings, nowMs));
    }),
  );
}
