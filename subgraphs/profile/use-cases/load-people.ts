import type { KnownPeople } from '../domain/clusters';
import type { Person } from '../domain/head';
import { type Item, namesOf } from '../domain/item';
import type { PeopleReads } from '../store/people-reads';

/** People, and every identity that was asked for. */
export interface AskedPeople extends KnownPeople {
  readonly asked: ReadonlySet<string>;
}

/** Loads the people of the items' identities, and all whom their links lead to, in force or not. */
export function loadPeople(store: PeopleReads, sandbox: string, items: readonly Item[]): Promise<AskedPeople> {
  return loadPeopleOf(store, sandbox, namesOf(items));
}

/** As `loadPeople`, from identities on. */
export async function loadPeopleOf(store: PeopleReads, sandbox: string, keys: Iterable<string>): Promise<AskedPeople> {
  const asked = new Set(keys);
  const { profileOf, people } = await store.find(sandbox, asked);
  for (let fresh: Iterable<Person> = people.values(); ; ) {
    const outside = outsideOf(fresh, asked);
    if (outside.length === 0) break;
    for (const key of outside) asked.add(key);
    const more = await store.find(sandbox, outside, people);
    for (const [key, id] of more.profileOf) profileOf.set(key, id);
    for (const [id, person] of more.people) people.set(id, person);
    fresh = more.people.values();
  }
  for (const { id, head } of people.values()) for (const { key } of head.identities) profileOf.set(key, id);
  return { people, profileOf, asked };
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
