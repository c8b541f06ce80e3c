import { LRUCache } from 'lru-cache';
import type { Store } from '../../../platform/store/store';
import type { Person } from '../domain/head';
import { headsSpec, identitiesSpec } from './collections';
import { fromHeadDocument, type HeadDocument } from './head-document';

/** Heads and identities by key. What this process alone writes is kept in memory. */
export interface PeopleStore {
  /** Identity key → id of the profile that has it, for those that are known. */
  owners(sandbox: string, keys: Iterable<string>): Promise<Map<string, string>>;
  /** Those that there are; also ended ones. */
  people(sandbox: string, ids: Iterable<string>): Promise<Map<string, Person>>;
  /** Notes what was just committed. */
  committed(sandbox: string, people: Iterable<Person>, owners: Iterable<readonly [string, string]>): void;
  /** Notes that others wrote, or may have. */
  forget(sandbox: string): void;
}

const HEADS_IN_MEMORY = 262_144;
const IDENTITIES_IN_MEMORY = 524_288;

/** Over the store's collections. */
export function createPeopleStore(store: Store): PeopleStore {
  const heads = store.collection<HeadDocument>(headsSpec.name);
  const identities = store.collection<{ profileId: string }>(identitiesSpec.name);
  const keptPeople = createMemory<Person>(store.exclusive ? HEADS_IN_MEMORY : 0);
  const keptOwners = createMemory<string>(store.exclusive ? IDENTITIES_IN_MEMORY : 0);
  return {
    owners: (sandbox, keys) =>
      keptOwners.through(sandbox, keys, async (missing) =>
        (await identities.getMany(sandbox, missing)).map((found) => found?.value.profileId),
      ),
    people: (sandbox, ids) =>
      keptPeople.through(sandbox, ids, async (missing) =>
        (await heads.getMany(sandbox, missing)).map(
          (found) => found && { id: found.id, version: found.version, head: fromHeadDocument(found.value) },
        ),
      ),
    committed(sandbox, people, owners) {
      keptPeople.set(
        sandbox,
        [...people].map((person) => [person.id, person] as const),
      );
      keptOwners.set(sandbox, owners);
    },
    forget(sandbox) {
      keptPeople.forget(sandbox);
      keptOwners.forget(sandbox);
    },
  };
}

interface Memory<T extends object | string> {
  through(
    sandbox: string,
    keys: Iterable<string>,
    load: (missing: readonly string[]) => Promise<readonly (T | undefined)[]>,
  ): Promise<Map<string, T>>;
  set(sandbox: string, entries: Iterable<readonly [string, T]>): void;
  forget(sandbox: string): void;
}

function createMemory<T extends object | string>(most: number): Memory<T> {
  const kept = most > 0 ? new LRUCache<string, T>({ max: most }) : undefined;
  let writes = 0;
  return {
    async through(sandbox, keys, load) {
      const found = new Map<string, T>();
      const missing: string[] = [];
      for (const key of keys) {
        const known = kept?.get(`${sandbox}|${key}`);
        if (known) found.set(key, known);
        else missing.push(key);
      }
      if (missing.length === 0) return found;
      const before = writes;
      const loaded = await load(missing);
      loaded.forEach((value, index) => {
        const key = missing[index];
        if (!value || key === undefined) return;
        found.set(key, value);
        // What was read before a commit may be older than what the commit left here.
        if (before === writes) kept?.set(`${sandbox}|${key}`, value);
      });
      return found;
    },
    set(sandbox, entries) {
      writes += 1;
      for (const [key, value] of entries) kept?.set(`${sandbox}|${key}`, value);
    },
    forget(sandbox) {
      writes += 1;
      for (const key of kept?.keys() ?? []) if (key.startsWith(`${sandbox}|`)) kept?.delete(key);
    },
  };
}
