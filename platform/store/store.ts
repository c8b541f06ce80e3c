import type { EventLog, NewLogEntry } from './event-log';

/** A value that an index can hold: text compares by its UTF-8 bytes, numbers by size. */
export type IndexValue = string | number;

/**
 * An index over top-level fields of a document. The document's id is always its implicit last field, so entries are in
 * one total order. A document that lacks one of the fields (absent or null) is not in the index.
 */
export interface IndexSpec {
  readonly name: string;
  readonly fields: readonly string[];
  /** Two documents of one sandbox with the same fields: the second commit fails with CONFLICT. */
  readonly unique?: boolean;
}

/** A collection, declared when the store is opened. Names are lower-case words with underscores. */
export interface CollectionSpec {
  readonly name: string;
  readonly indexes: readonly IndexSpec[];
}

/** A document as it is kept. `version` is 1 when it is first put, and grows by 1 with every put. */
export interface Stored<T> {
  readonly id: string;
  readonly version: number;
  readonly value: T;
}

/** One end of a range: values of the fields that follow the prefix, in the index's order, the id last. May be partial. */
export interface Bound {
  readonly values: readonly IndexValue[];
  readonly inclusive: boolean;
}

/** A walk along an index: equality on its leading fields, then between two bounds, ascending unless `reverse`. */
export interface RangeQuery {
  readonly index: string;
  readonly prefix?: readonly IndexValue[];
  readonly lower?: Bound;
  readonly upper?: Bound;
  readonly reverse?: boolean;
  readonly limit: number;
}

/** Reads of one collection. Every call names the sandbox; nothing is ever read across two of them. Values are fresh
 * plain JSON that the caller may keep but must not write into. */
export interface Collection<T> {
  readonly name: string;
  get(sandbox: string, id: string): Promise<Stored<T> | undefined>;
  /** In the order asked; `undefined` where there is none. */
  getMany(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<T> | undefined)[]>;
  range(sandbox: string, query: RangeQuery): Promise<readonly Stored<T>[]>;
  /** For each of `values`, in the order given: all documents of the index whose first field is it, in the index's order. */
  ranges(sandbox: string, index: string, values: readonly IndexValue[]): Promise<readonly (readonly Stored<T>[])[]>;
  /** How many documents a range holds; its `limit` bounds the count. */
  count(sandbox: string, query: RangeQuery): Promise<number>;
  /**
   * All documents by id, from just after `after` up to `upTo`, itself included. A full walk meets every document that is
   * there throughout.
   */
  scan(
    sandbox: string,
    options: { readonly after?: string; readonly upTo?: string; readonly limit: number },
  ): Promise<readonly Stored<T>[]>;
}

/** One change of a commit. `expected`: the version that must be there, `null` for none at all, absent for any. */
export type Write =
  | {
      readonly kind: 'put';
      readonly collection: string;
      readonly id: string;
      readonly value: object;
      /** `JSON.stringify(value)`, where the caller already has it. */
      readonly json?: string;
      readonly expected?: number | null;
    }
  | { readonly kind: 'delete'; readonly collection: string; readonly id: string; readonly expected?: number | null };

/** What happens together or not at all: documents, and what is announced about them. */
export interface Commit {
  readonly sandbox: string;
  readonly writes: readonly Write[];
  readonly entries?: readonly NewLogEntry[];
}

/** Documents and a log in one place, with one atomic commit over both. Two engines: `sqlite` and `mongodb`. */
export interface Store {
  /** True when this process alone writes, so what it has in memory cannot be stale. */
  readonly exclusive: boolean;
  readonly log: EventLog;
  collection<T>(name: string): Collection<T>;
  /**
   * Writes all of it, durably, or nothing. Resolves after it is safe against `kill -9`. Commits that wait at the same time
   * share one flush. Fails with CONFLICT (retryable; details `{ collection, id }`) when an expected version or a unique
   * index does not hold: load again, decide again, commit again.
   */
  commit(commit: Commit): Promise<void>;
  /**
   * Leaves no byte of what was deleted or overwritten in the files that the engine keeps. An engine whose database does
   * so by itself, or keeps it out of our reach, has none.
   */
  scrub?(): Promise<void>;
  /** Ends after the commits under way. Closing twice does nothing. */
  close(): Promise<void>;
}
