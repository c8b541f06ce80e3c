import type { Commit, Stored, Write } from './store';

/** A commit under way. */
export interface Pending {
  /** Resolves when it has ended: true when it was done. */
  readonly done: Promise<boolean>;
}

/** What a commit under way will leave of a document. */
interface PendingWrite<T> {
  readonly pending: Pending;
  /** Its version is not known before. */
  readonly isOpen: boolean;
  /** Absent: nothing, or not known. */
  readonly stored?: Stored<T>;
}

/** The commits under way, and what they write. */
export interface PendingWrites {
  of(sandbox: string): readonly Pending[];
  /** What the last of them that writes this document will leave. */
  find<T>(sandbox: string, collection: string, id: string): PendingWrite<T> | undefined;
  /** Has the commit's writes among them from the call on until `work` has ended. */
  during(commit: Commit, work: () => Promise<void>): Promise<void>;
}

interface Entry {
  readonly pending: Pending;
  readonly write: Write;
}

interface PendingSandbox {
  readonly under: Set<Pending>;
  /** By collection and id. */
  readonly collections: Map<string, Map<string, Entry>>;
}

/** Of all sandboxes. Commits that write the same document must end in the order in which they came. */
export function createPendingWrites(): PendingWrites {
  const sandboxes = new Map<string, PendingSandbox>();
  const at = (sandbox: string): PendingSandbox => {
    const known = sandboxes.get(sandbox) ?? { under: new Set(), collections: new Map() };
    sandboxes.set(sandbox, known);
    return known;
  };
  const entriesOf = ({ collections }: PendingSandbox, collection: string): Map<string, Entry> => {
    const known = collections.get(collection) ?? new Map();
    collections.set(collection, known);
    return known;
  };
  const add = ({ sandbox, writes }: Commit, pending: Pending): void => {
    const own = at(sandbox);
    own.under.add(pending);
    for (const write of writes) entriesOf(own, write.collection).set(write.id, { pending, write });
  };
  const remove = ({ sandbox, writes }: Commit, pending: Pending): void => {
    const own = at(sandbox);
    own.under.delete(pending);
    for (const { collection, id } of writes) {
      const entries = entriesOf(own, collection);
      if (entries.get(id)?.pending === pending) entries.delete(id);
    }
  };
  return {
    of: (sandbox) => [...at(sandbox).under],
    find<T>(sandbox: string, collection: string, id: string) {
      const found = at(sandbox).collections.get(collection)?.get(id);
      return found && toPendingWrite<T>(found);
    },
    during(commit, work) {
      const working = Promise.resolve().then(work);
      const pending = { done: working.then(always(true), always(false)) };
      add(commit, pending);
      return working.finally(() => remove(commit, pending));
    },
  };
}

function toPendingWrite<T>({ pending, write }: Entry): PendingWrite<T> {
  const { id, expected } = write;
  if (write.kind === 'delete') return { pending, isOpen: false };
  if (expected === undefined) return { pending, isOpen: true };
  const value = JSON.parse(write.json ?? JSON.stringify(write.value)) as T;
  return { pending, isOpen: false, stored: { id, version: (expected ?? 0) + 1, value } };
}

function always<T>(value: T): () => T {
  return () => value;
}
