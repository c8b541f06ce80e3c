import { withinHeap } from '../../../platform/heap-share';
import type { Store, Stored, Write } from '../../../platform/store/store';
import type { Person } from '../domain/head';
import { headsSpec, identitiesSpec } from './collections';
import { fromHeadDocument, type HeadDocument } from './head-document';
import { createMemory, type Memory } from './memory';
import { createPeopleReads, type PeopleReads, type StoredPeople } from './people-reads';

/** What a commit leaves of heads and of rows of identities; `undefined`: nothing. */
export interface PeopleChange {
  readonly people: readonly (readonly [id: string, person: Person | undefined])[];
  readonly rows: readonly (readonly [key: string, profileId: string | undefined])[];
}

/** Heads and identities by key. What this process alone writes is kept in memory. */
export interface PeopleStore extends PeopleReads {
  /** Notes what was just committed. */
  committed(sandbox: string, change: PeopleChange): void;
  /** Notes that others wrote, or may have. */
  forget(sandbox: string): void;
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
  const stored: StoredPeople = {
    rows: (sandbox, keys) =>
      readRows(sandbox, keys, async (missing) =>
        (await identities.getMany(sandbox, missing)).map((found) => found?.value.profileId),
      ),
    people: (sandbox, ids) =>
      readPeople(sandbox, ids, async (missing) =>
        (await heads.getMany(sandbox, missing)).map((found) => found && toPerson(found)),
      ),
  };
  return {
    ...createPeopleReads(stored, store.exclusive),
    committed(sandbox, { people, rows }) {
      commits += 1;
      for (const [id, person] of people) keep(keptPeople, sandbox, id, person);
      for (const [key, id] of rows) keep(keptRows, sandbox, key, id);
    },
    forget(sandbox) {
      commits += 1;
      keptPeople.forget(sandbox);
      keptRows.forget(sandbox);
    },
  };
}

function keep<T>(memory: Memory<T>, sandbox: string, key: string, value: T | undefined): void {
  if (value === undefined) memory.delete(sandbox, key);
  else memory.set(sandbox, key, value);
}

type Load<T> = (missing: readonly string[]) => Promise<readonly (T | undefined)[]>;

/** A head as it was just read. */
export function toPerson({ id, version, value }: Stored<HeadDocument>): Person {
  return { id, version, head: fromHeadDocument(value) };
}

/** What a write leaves of the row of an identity, if it is one of that. */
export function toRowChange(write: Write): PeopleChange['rows'] {
  if (write.collection !== identitiesSpec.name) return [];
  return [[write.id, write.kind === 'put' ? (write.value as IdentityRow).profileId : undefined]];
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
