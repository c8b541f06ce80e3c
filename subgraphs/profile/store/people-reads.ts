import type { KnownPeople } from '../domain/clusters';
import type { Person } from '../domain/head';

/** Heads and rows of identities as they are kept. */
export interface StoredPeople {
  /** Identity key → the profile that its row names: who has it, or what became part of them. */
  rows(sandbox: string, keys: Iterable<string>): Promise<Map<string, string>>;
  /** Those that there are; also ended ones. */
  people(sandbox: string, ids: Iterable<string>): Promise<Map<string, Person>>;
}

/** People by what they are found by. */
export interface PeopleReads extends StoredPeople {
  /** True when what was written is remembered, so that going on from a profile that ended is no further read. */
  readonly remembers: boolean;
  /** Who has these identities, of those that are known. People who are `loaded` are not read again, nor among the answer. */
  find(sandbox: string, keys: Iterable<string>, loaded?: ReadonlyMap<string, Person>): Promise<FoundPeople>;
  /** What became of these profiles, by the ids asked for: themselves, or what they are part of by now. */
  living(sandbox: string, ids: Iterable<string>): Promise<ReadonlyMap<string, Person>>;
}

/** As found, to be added to. */
interface FoundPeople extends KnownPeople {
  readonly profileOf: Map<string, string>;
  readonly people: Map<string, Person>;
}

/** Over what is kept; `alone`: nobody but this process writes it, and it remembers what it wrote. */
export function createPeopleReads(stored: StoredPeople, alone: boolean): PeopleReads {
  const living = async (sandbox: string, ids: Iterable<string>, loaded: ReadonlyMap<string, Person>) => {
    const found = new Map<string, Person>();
    for (let open = new Set(ids); open.size > 0; ) {
      for (const id of loaded.size > 0 ? open : []) {
        const known = loaded.get(id);
        if (!known) continue;
        found.set(id, known);
        open.delete(id);
      }
      const next = new Set<string>();
      for (const [id, person] of await stored.people(sandbox, open)) {
        found.set(id, person);
        const { endedIn } = person.head;
        if (endedIn && !found.has(endedIn)) next.add(endedIn);
      }
      open = next;
    }
    return followed(found);
  };
  return {
    ...stored,
    remembers: alone,
    living: (sandbox, ids) => living(sandbox, ids, NOBODY),
    async find(sandbox, keys, loaded = NOBODY) {
      const profileOf = new Map<string, string>();
      const people = new Map<string, Person>();
      for (let open = keys; ; ) {
        const owners = await stored.rows(sandbox, open);
        const found = await living(sandbox, owners.values(), loaded);
        const moved: string[] = [];
        for (const [key, owner] of owners) {
          const person = found.get(owner);
          if (!person) continue;
          const isNew = !loaded.has(person.id);
          if (isNew && !alone && !hasIdentity(person, key)) {
            moved.push(key);
            continue;
          }
          profileOf.set(key, person.id);
          if (isNew) people.set(person.id, person);
        }
        // Another process moved them between the two reads.
        if (moved.length === 0) return { profileOf, people };
        open = moved;
      }
    },
  };
}

const NOBODY: ReadonlyMap<string, Person> = new Map();

// An identity's row is not written anew when its profile becomes part of another one: so each leads to one that lives.
function followed(found: ReadonlyMap<string, Person>): ReadonlyMap<string, Person> {
  const alive = new Map<string, Person>();
  for (const [id, start] of found) {
    let person: Person | undefined = start;
    while (person?.head.endedIn) person = found.get(person.head.endedIn);
    if (person && person.head.endedIn === undefined) alive.set(id, person);
  }
  return alive;
}

function hasIdentity({ head }: Person, key: string): boolean {
  return head.identities.some((identity) => identity.key === key);
}
