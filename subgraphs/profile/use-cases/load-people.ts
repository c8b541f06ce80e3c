import type { KnownPeople } from '../domain/clusters';
import type { Person } from '../domain/head';
import type { Item } from '../domain/item';
import type { IdentityOwner, PeopleStore } from '../store/people-store';

/** Everybody whom a batch can touch. */
export interface LoadedPeople extends KnownPeople {
  readonly owners: ReadonlyMap<string, IdentityOwner>;
  readonly people: Map<string, Person>;
}

/** Loads the people of the items' identities, and all whom their links lead to, in force or not. */
export async function loadPeople(store: PeopleStore, sandbox: string, items: readonly Item[]): Promise<LoadedPeople> {
  const asked = new Set<string>();
  for (const { identities } of items) for (const { key } of identities) asked.add(key);
  const owners = await store.owners(sandbox, asked);
  const people = await store.people(sandbox, new Set([...owners.values()].map(({ profileId }) => profileId)));
  for (let fresh: Iterable<Person> = people.values(); ; ) {
    const outside = outsideOf(fresh, asked);
    if (outside.length === 0) break;
    for (const key of outside) asked.add(key);
    const found = await store.owners(sandbox, outside);
    for (const [key, owner] of found) owners.set(key, owner);
    const ids = new Set([...found.values()].map(({ profileId }) => profileId).filter((id) => !people.has(id)));
    const more = await store.people(sandbox, ids);
    for (const [id, person] of more) people.set(id, person);
    fresh = more.values();
  }
  // An identity that belongs to a loaded person needs no row of its own to be found again.
  const profileOf = new Map<string, string>();
  for (const [key, { profileId }] of owners) profileOf.set(key, profileId);
  for (const { id, head } of people.values()) for (const { key } of head.identities) profileOf.set(key, id);
  return { owners, people, profileOf };
}

function outsideOf(people: Iterable<Person>, asked: ReadonlySet<string>): readonly string[] {
  const outside = new Set<string>();
  for (const { head } of people) {
    if (head.links.length === 0) continue;
    const own = new Set(head.identities.map(({ key }) => key));
    for (const { from, to } of head.links) {
      for (const end of [from, to]) if (!own.has(end) && !asked.has(end)) outside.add(end);
    }
  }
  return [...outside];
}
