import { withinHeap } from '../../../platform/heap-share';
import type { Store, Stored } from '../../../platform/store/store';
import type { Person } from '../domain/head';
import { headsSpec, identitiesSpec } from './collections';
import { fromHeadDocument, type HeadDocument } from './head-document';
import { createMemory, type Memory } from './memory';

/** Heads and identities by key. What this process alone writes is kept in memory. */
export interface PeopleStore {
  /** Identity key → id of the profile that has it, for those that are known. */
  owners(sandbox: string, keys: Iterable<string>): Promise<Map<string, string>>;
  /** Those that there are; also ended ones. */
  people(sandbox: string, ids: Iterable<string>): Promise<Map<string, Person>>;
  /** Notes what was just committed. */
  committed(
    sandbox: string,
    people: Iterable<Person>,
    owners: Iterable<readonly [key: string, profileId: string]>,
    lost: Iterable<string>,
    /** Profiles of which nothing is left. */
    gone?: Iterable<string>,
  ): void;
  /** Notes that others wrote, or may have. */
  forget(sandbox: string): void;
}

// Twice as many as are surely found again; so many bytes each, and no more than that share of the heap.
const IN_MEMORY = 2_097_152;
const HEAD = { bytes: 512, share: 1 / 4 };
const IDENTITY = { bytes: 128, share: 1 / 8 };

/** Over the store's collections. */
export function createPeopleStore(store: Store): PeopleStore {
  const heads = store.collection<HeadDocument>(headsSpec.name);
  const identities = store.collection<{ profileId: string }>(identitiesSpec.name);
  const keptPeople = createMemory<Person>(store.exclusive ? withinHeap(IN_MEMORY, HEAD.bytes, HEAD.share) : 0);
  const keptOwners = createMemory<string>(store.exclusive ? withinHeap(IN_MEMORY, IDENTITY.bytes, IDENTITY.share) : 0);
  let writes = 0;
  const readOwners = createReads(keptOwners, () => writes);
  const readPeople = createReads(keptPeople, () => writes);
  return {
    owners: (sandbox, keys) =>
      readOwners(sandbox, keys, async (missing) =>
        (await identities.getMany(sandbox, missing)).map((found) => found?.value.profileId),
      ),
    people: (sandbox, ids) =>
      readPeople(sandbox, ids, async (missing) =>
        (await heads.getMany(sandbox, missing)).map((found) => found && toPerson(found)),
      ),
    committed(sandbox, people, owners, lost, gone = []) {
      writes += 1;
      for (const person of people) keptPeople.set(sandbox, person.id, person);
      for (const [key, id] of owners) keptOwners.set(sandbox, key, id);
      for (const key of lost) keptOwners.delete(sandbox, key);
      for (const id of gone) keptPeople.delete(sandbox, id);
    },
    forget(sandbox) {
      writes += 1;
      keptPeople.forget(sandbox);
      keptOwners.forget(sandbox);
    },
  };
}

type Load<T> = (missing: readonly string[]) => Promise<readonly (T | undefined)[]>;

/** A head as it was just read. */
export function toPerson({ id, version, value }: Stored<HeadDocument>): Person {
  return { id, version, head: fromHeadDocument(value) };
}

// Reads through a memory. What was read before a commit may be older than what the commit left there.
function createReads<T>(memory: Memory<T>, writes: () => number) {
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
    const before = writes();
    const loaded = await load(missing);
    loaded.forEach((value, index) => {
      const key = missing[index];
      if (value === undefined || key === undefined) return;
      found.set(key, value);
      if (before === writes()) memory.set(sandbox, key, value);
    });
    return found;
  };
}
