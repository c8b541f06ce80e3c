import type { Cause } from '../../../flow/events';
import type { Write } from '../../../platform/store/store';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Head, Link, Person } from '../domain/head';
import { computedSpec, eventsSpec, historySpec, identitiesSpec, recordsSpec } from '../store/collections';
import { type FragmentStore, fragmentId } from '../store/fragment-store';
import { type HistoryStore, historyRewrite } from '../store/history-store';
import type { ItemStore } from '../store/item-store';
import type { PeopleReads } from '../store/people-reads';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { toProfileChanged } from './announce';
import { loadPeopleOf } from './load-people';
import { headWrite } from './person-writes';
import type { Plan } from './plan';

export interface RemoveDependencies {
  readonly people: PeopleReads;
  readonly items: ItemStore;
  readonly fragments: FragmentStore;
  readonly history: HistoryStore;
  readonly configuration: ProfileConfiguration;
}

/** Whom to remove, and why. */
export interface Removal {
  readonly sandbox: string;
  readonly profileIds: readonly string[];
  /** Removes a person only where this still holds. */
  readonly unless?: (person: Person) => boolean;
  readonly cause: Cause;
  readonly nowMs: number;
}

/** How much of people was removed. */
export interface Removed {
  readonly profileIds: readonly string[];
  readonly documents: number;
}

/** Removes people with all that is kept of them: only that they ended is left, and announced. */
export async function planRemove(dependencies: RemoveDependencies, removal: Removal): Promise<Plan<Removed>> {
  const { people, items, fragments, configuration } = dependencies;
  const { sandbox, unless, cause, nowMs } = removal;
  const found = await people.people(sandbox, removal.profileIds);
  const gone = [...found.values()].filter((person) => person.head.endedIn === undefined && !unless?.(person));
  const keys = gone.flatMap(({ head }) => head.identities.map(({ key }) => key));
  const shown = await items.ofOwners(sandbox, keys);
  const hidden = await items.ofOwners(sandbox, keys, 'hidden');
  const events = [...shown.events, ...hidden.events];
  const records = [...shown.records, ...hidden.records];
  const removals = [
    ...events.map(({ id }) => toRemoval(eventsSpec.name, id)),
    ...records.map(({ id }) => toRemoval(recordsSpec.name, id)),
    ...keys.map((key) => toRemoval(computedSpec.name, key)),
    ...gone.flatMap(({ head }) =>
      head.identities.flatMap(({ key, datasets }) => datasets.map((id) => fragments.toRemoval(fragmentId(id, key)))),
    ),
    ...(await historyRemovals(dependencies, sandbox, gone)),
    ...keys.map((key) => toRemoval(identitiesSpec.name, key)),
  ];
  const changed = gone.map(toEnded);
  const { namespaces } = await configuration.settings(sandbox);
  const others = await forgetLinks(dependencies, sandbox, gone, new Set(keys));
  const heads = [...changed, ...others.people].map((one) => headWrite(one, { namespaces, nowMs }));
  return {
    writes: [...removals, ...heads, ...others.writes],
    entries: changed.map((one) => toProfileChanged(one, { cause }, nowMs)),
    changed,
    quiet: others.people,
    result: { profileIds: gone.map(({ id }) => id), documents: removals.length + changed.length },
  };
}

function toRemoval(collection: string, id: string): Write {
  return { kind: 'delete', collection, id };
}

function toEnded({ id, version, head }: Person): ChangedPerson {
  const { revision, createdAtMs } = head;
  const end: Head = { revision: revision + 1, createdAtMs, identities: [], links: [], endedIn: null };
  return { id, version, before: head, head: end, items: [], gained: [], merged: [], split: false, rebuilt: false };
}

// What ended in a person told of their identities too.
async function historyRemovals(
  { history }: RemoveDependencies,
  sandbox: string,
  gone: readonly Person[],
): Promise<readonly Write[]> {
  const ids = new Set(gone.map(({ id }) => id));
  const own = new Set(gone.flatMap(({ head }) => head.identities.map(({ key }) => key)));
  const writes: Write[] = [];
  for (const id of ids) {
    for (const { id: change, value } of await history.all(sandbox, id)) {
      writes.push(toRemoval(historySpec.name, change));
      if (value.kind === 'MERGED' && value.other && value.identities.some((key) => own.has(key))) ids.add(value.other);
    }
  }
  return writes;
}

// Others keep no link to who is gone; nothing else of them changes, so nothing is announced.
async function forgetLinks(
  { people, history }: RemoveDependencies,
  sandbox: string,
  gone: readonly Person[],
  keys: ReadonlySet<string>,
): Promise<{ readonly people: readonly Person[]; readonly writes: readonly Write[] }> {
  const isOwn = ({ from, to }: Link): boolean => keys.has(from) && keys.has(to);
  if (gone.every(({ head }) => head.links.every(isOwn))) return { people: [], writes: [] };
  const { people: near } = await loadPeopleOf(people, sandbox, keys);
  const changed: Person[] = [];
  const writes: Write[] = [];
  for (const other of near.values()) {
    if (gone.some(({ id }) => id === other.id)) continue;
    const links = other.head.links.filter(({ from, to }) => !keys.has(from) && !keys.has(to));
    if (links.length < other.head.links.length) changed.push({ ...other, head: { ...other.head, links } });
    for (const { id, value } of await history.all(sandbox, other.id)) {
      const identities = value.identities.filter((key) => !keys.has(key));
      if (identities.length < value.identities.length) writes.push(historyRewrite(id, { ...value, identities }));
    }
  }
  return { people: changed, writes };
}
