import { type LogEntry, toErased } from './event-log';

/** The newest entries of one stream's partition, in memory: without gaps up to the newest. */
export interface RecentEntries {
  add(entry: LogEntry, bytes: number): void;
  /** Up to `limit` entries after `after`; `undefined` when the first of them is no longer here. */
  after(after: number, limit: number): readonly LogEntry[] | undefined;
  /** The newest `limit` entries of one key that are here, in order. */
  ofKey(sandbox: string, key: string, limit: number): readonly LogEntry[];
  /** Empties the entries of one key. */
  erase(sandbox: string, key: string): void;
  clear(): void;
}

/** Keeps at most `most` entries and `mostBytes` of bodies; the oldest leave first. */
export function createRecentEntries(most: number, mostBytes: number): RecentEntries {
  let entries: LogEntry[] = [];
  let sizes: number[] = [];
  let start = 0;
  let bytes = 0;
  const byKey = new Map<string, LogEntry[]>();

  const index = (entry: LogEntry): void => {
    const key = toKey(entry.sandbox, entry.key);
    const own = byKey.get(key);
    if (own) own.push(entry);
    else byKey.set(key, [entry]);
  };
  const dropOldest = (): void => {
    const oldest = entries[start] as LogEntry;
    const key = toKey(oldest.sandbox, oldest.key);
    const own = byKey.get(key);
    if (own && own.length > 1) own.shift();
    else byKey.delete(key);
    bytes -= sizes[start] ?? 0;
    start += 1;
  };
  const shrink = (): void => {
    while (entries.length - start > most || (bytes > mostBytes && start < entries.length)) dropOldest();
    if (start < most) return;
    entries = entries.slice(start);
    sizes = sizes.slice(start);
    start = 0;
  };

  return {
    add(entry, size) {
      entries.push(entry);
      index(entry);
      sizes.push(size);
      bytes += size;
      shrink();
    },
    after(after, limit) {
      const first = entries[start];
      if (!first || after + 1 < first.position) return undefined;
      const from = start + (after + 1 - first.position);
      return entries.slice(from, from + limit);
    },
    ofKey(sandbox, key, limit) {
      const own = byKey.get(toKey(sandbox, key));
      return own && limit > 0 ? own.slice(-limit) : [];
    },
    erase(sandbox, key) {
      const name = toKey(sandbox, key);
      const first = entries[start]?.position ?? 0;
      for (const { position } of byKey.get(name) ?? []) {
        const at = start + position - first;
        bytes -= sizes[at] ?? 0;
        sizes[at] = 0;
        entries[at] = toErased(entries[at] as LogEntry);
      }
      byKey.delete(name);
    },
    clear() {
      byKey.clear();
      entries = [];
      sizes = [];
      start = 0;
      bytes = 0;
    },
  };
}

// Sandboxes have no `|`.
function toKey(sandbox: string, key: string): string {
  return `${sandbox}|${key}`;
}
