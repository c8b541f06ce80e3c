/** What is to be announced. Order is kept among entries of one stream with the same key. */
export interface NewLogEntry {
  /** The kind of event, for example `ProfileChanged`: each kind is a stream of its own. */
  readonly stream: string;
  /** Whose it is: the profile's id. Entries of one key share a partition. */
  readonly key: string;
  /** Unique within the stream; consumers are idempotent by it. */
  readonly id: string;
  /** When it happened, in milliseconds. */
  readonly at: number;
  readonly body: object;
  /** `body` as JSON, where the caller already has it. */
  readonly json?: string;
}

/** An entry as it stands in the log. `position` grows within (stream, partition) in the order of commits, from 1 on. */
export interface LogEntry<B = unknown> {
  readonly sandbox: string;
  readonly stream: string;
  readonly partition: number;
  readonly position: number;
  readonly key: string;
  readonly id: string;
  readonly at: number;
  readonly body: B;
}

/** A position per partition: everything up to it, itself included, has been read. Index = partition. */
export type Positions = readonly number[];

/** The durable log. What a reader has been shown up to a position is complete: no commit ever appears below it later. */
export interface EventLog {
  /** How many partitions each stream has; fixed for the life of the data. */
  readonly partitions: number;
  partitionOf(key: string): number;
  /**
   * Entries after `after`, in order of position, of all sandboxes. Fails with BAD_USER_INPUT, details
   * `{ reason: 'CURSOR_EXPIRED', keptAfter }`, when entries after `after` have been trimmed away: reading can go on
   * after `keptAfter`.
   */
  read<B>(
    stream: string,
    query: { readonly partition: number; readonly after: number; readonly limit: number },
  ): Promise<readonly LogEntry<B>[]>;
  /** The kept entries of one key, the newest `limit` of them, in order of position. */
  readKey<B>(stream: string, sandbox: string, key: string, limit: number): Promise<readonly LogEntry<B>[]>;
  /** The last committed position of each partition (0: nothing yet). */
  head(stream: string): Promise<Positions>;
  /**
   * Calls back after commits that appended to `stream`, with the partitions that grew: a wake-up, perhaps spurious,
   * perhaps one for many. Never awaited.
   */
  onAppend(stream: string, wake: (partitions: ReadonlySet<number>) => void): () => void;
  /**
   * Erases all entries of these keys that are in the log now, from all streams. Positions stay as they are: where an entry
   * was, readers see an empty one that `isErased` tells, and that belongs to no key and no sandbox.
   */
  erase(sandbox: string, keys: readonly string[]): Promise<void>;
  /** Removes entries older than `beforeMs` from all streams; positions stay as they are. */
  trim(beforeMs: number): Promise<void>;
}

/** What is left of an entry that was erased: its place and its time. */
export function toErased<B>(entry: LogEntry<B>): LogEntry {
  return { ...entry, sandbox: '', key: '', id: '', body: {} };
}

/** True for the place of an entry that was erased. */
export function isErased({ sandbox }: LogEntry): boolean {
  return sandbox === '';
}
