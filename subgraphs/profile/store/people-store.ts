import { withinHeap } from '../../../platform/heap-share';
import type { Store, Stored, Write } from '../../../platform/store/store';
import type { KnownPeople } from '../domain/clusters';
import type { Person } from '../domain/head';
import { headsSpec, identitiesSpec } from './collections';
import { fromHeadDocument, type HeadDocument } from './head-document';
import { createMemory, type Memory } from './memory';

/** Heads and identities by key. What this process alone writes is kept in memory. */
export interface PeopleStore {
  /** True when what was written is remembered, so that going on from a profile that ended is no further read. */
  readonly remembers: boolean;
  /** Who has these identities, of those that are known. People who are `loaded` are not read again, nor among the answer. */
  find(sandbox: string, keys: Iterable<string>, loaded?: ReadonlyMap<string, Person>): Promise<FoundPeople>;
  /** What became of these profiles, by the ids asked for: themselves, or what they are part of by now. */
  living(sandbox: string, ids: Iterable<string>): Promise<ReadonlyMap<string, Person>>;
  /** Identity key → the profile that its row names: who has it, or what became part of them. */
  rows(sandbox: string, keys: Iterable<string>): Promise<ReadonlyMap<string, string>>;
  /** Those that there are; also ended ones. */
  people(sandbox: string, ids: Iterable<string>): Promise<Map<string, Person>>;
  /** Notes what was just committed. */
  committed(sandbox: string, people: CommittedPeople): void;
  /** Notes that others wrote, or may have. */
  forget(sandbox: string): void;
}

/** What a commit left of people. */
interface CommittedPeople {
  readonly written: readonly Person[];
  /** All of the commit, the rows of identities among them. */
  readonly writes: readonly Write[];
  /** Profiles of which nothing is left. */
  readonly gone: readonly string[];
}

/** As found, to be added to. */
interface FoundPeople extends KnownPeople {
  readonly profileOf: Map<string, string>;
  readonly people: Map<string, Person>;
}

// Twice as many as are surely found again; so many bytes each, and no more than that share of the heap.
const IN_MEMORY = 2_097_152;
const HEAD = { bytes: 512, share: 1 / 4 };
const IDENTITY = { bytes: 128, share: 1 / 8 };

interface IdentityRow {
  readonly profileId: string;
}

/** Over the store's collections. */
export function createPeopleStore(store: Store): PeopleStore {
  const heads = store.collection<HeadDocument>(headsSpec.name);
  const identities = store.collection<IdentityRow>(identitiesSpec.name);
  const keptPeople = createMemory<Person>(store.exclusive ? withinHeap(IN_MEMORY, HEAD.bytes, HEAD.share) : 0);
  const keptRows = createMemory<string>(store.exclusive ? withinHeap(IN_MEMORY, IDENTITY.bytes, IDENTITY.share) : 0);
  let commits = 0;
  const readRows = createReads(keptRows, () => commits);
  const readPeople = createReads(keptPeople, () => commits);
  const rowsOf = (sandbox: string, keys: Iterable<string>) =>
    readRows(sandbox, keys, async (missing) =>
      (await identities.getMany(sandbox, missing)).map((found) => found?.value.profileId),
    );
  const peopleOf = (sandbox: string, ids: Iterable<string>) =>
    readPeople(sandbox, ids, async (missing) =>
      (await heads.getMany(sandbox, missing)).map((found) => found && toPerson(found)),
    );
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
      for (const [id, person] of await peopleOf(sandbox, open)) {
        found.set(id, person);
        const { endedIn } = person.head;
        if (endedIn && !found.has(endedIn)) next.add(endedIn);
      }
      open = next;
    }
    return followed(found);
  };
  return {
    remembers: store.exclusive,
    people: peopleOf,
    rows: rowsOf,
    living: (sandbox, ids) => living(sandbox, ids, NOBODY),
    async find(sandbox, keys, loaded = NOBODY) {
      const profileOf = new Map<string, string>();
      const people = new Map<string, Person>();
      for (let open = keys; ; ) {
        const owners = await rowsOf(sandbox, open);
        const found = await living(sandbox, owners.values(), loaded);
        const moved: string[] = [];
        for (const [key, owner] of owners) {
          const person = found.get(owner);
          if (!person) continue;
          const isNew = !loaded.has(person.id);
          if (isNew && !store.exclusive && !hasIdentity(person, key)) {
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
    committed(sandbox, { written, writes, gone }) {
      commits += 1;
      for (const person of written) keptPeople.set(sandbox, person.id, person);
      for (const write of writes) {
        if (write.collection !== identitiesSpec.name) continue;
        if (write.kind === 'put') keptRows.set(sandbox, write.id, (write.value as IdentityRow).profileId);
        else keptRows.delete(sandbox, write.id);
      }
      for (const id of gone) keptPeople.delete(sandbox, id);
    },
    forget(sandbox) {
      commits += 1;
      keptPeople.forget(sandbox);
      keptRows.forget(sandbox);
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

type Load<T> = (missing: readonly string[]) => Promise<readonly (T | undefined)[]>;

/** A head as it was just read. */
export function toPerson({ id, version, value }: Stored<HeadDocument>): Person {
  return { id, version, head: fromHeadDocument(value) };
}

// Reads through a memory. What was read before a commit may be older than what the commit left there.
function createReads<T>(memory: Memory<T>, commits: () => number) {
  return async (sandbox: string, keys: Iterable<string>, load: Load<T>): Promise<Map<string, T>> => {
    const found = new Map<string, T>();
    let missing: string[] | undefined;
    for (const key of keys) {
      const known = memory.get(sandbox, key);
      if (known !== undefined) found.set(key, known);
      else if (missing) missing.push(key);
      else missing = [key];
    }
    if (!missing) return found;
    const before = commits();
    const loaded = await load(missing);
    loaded.forEach((value, index) => {
      const key = missing[index];
      if (value === undefined || key === undefined) return;
      found.set(key, value);
      if (before === commits()) memory.set(sandbox, key, value);
    });
    return found;
  };
}
