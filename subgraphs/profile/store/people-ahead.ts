import type { Person } from '../domain/head';
import { createPeopleReads, type PeopleReads, type StoredPeople } from './people-reads';
import type { PeopleChange } from './people-store';

/** People as the commits under way will leave them. */
export interface PeopleAhead {
  readonly people: PeopleReads;
  /** From the call on until what is returned is called. Later changes of the same person come before earlier ones. */
  add(sandbox: string, change: PeopleChange): () => void;
}

/** Over people as they are; `alone`: nobody but this process writes them. */
export function createPeopleAhead(stored: StoredPeople, alone: boolean): PeopleAhead {
  const people = createPending<Person>();
  const rows = createPending<string>();
  const ahead: StoredPeople = {
    rows: (sandbox, keys) => rows.read(sandbox, keys, stored.rows),
    people: (sandbox, ids) => people.read(sandbox, ids, stored.people),
  };
  return {
    people: createPeopleReads(ahead, alone),
    add(sandbox, change) {
      const ends = [people.add(sandbox, change.people), rows.add(sandbox, change.rows)];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

interface Entry<T> {
  readonly value: T | undefined;
}

type Read<T> = (sandbox: string, keys: Iterable<string>) => Promise<Map<string, T>>;

function createPending<T>() {
  const bySandbox = new Map<string, Map<string, Entry<T>>>();
  return {
    async read(sandbox: string, keys: Iterable<string>, load: Read<T>): Promise<Map<string, T>> {
      const entries = bySandbox.get(sandbox);
      if (!entries || entries.size === 0) return load(sandbox, keys);
      const known: (readonly [string, Entry<T>])[] = [];
      const missing: string[] = [];
      for (const key of keys) {
        const entry = entries.get(key);
        if (entry) known.push([key, entry]);
        else missing.push(key);
      }
      const found = await load(sandbox, missing);
      for (const [key, { value }] of known) if (value !== undefined) found.set(key, value);
      return found;
    },
    add(sandbox: string, values: Iterable<readonly [string, T | undefined]>): () => void {
      const entries = bySandbox.get(sandbox) ?? new Map<string, Entry<T>>();
      bySandbox.set(sandbox, entries);
      const own = new Map<string, Entry<T>>();
      for (const [key, value] of values) own.set(key, { value });
      for (const [key, entry] of own) entries.set(key, entry);
      return () => {
        for (const [key, entry] of own) if (entries.get(key) === entry) entries.delete(key);
      };
    },
  };
}
