import type { LogEntry } from './event-log';

/** The newest entries of one stream's partition, in memory: without gaps up to the newest. */
export interface RecentEntries {
  add(entry: LogEntry, bytes: number): void;
  /** Up to `limit` entries after `after`; `undefined` when the first of them is no longer here. */
  after(after: number, limit: number): readonly LogEntry[] | undefined;
  clear(): void;
}

/** Keeps at most `most` entries and `mostBytes` of bodies; the oldest leave first. */
export function createRecentEntries(most: number, mostBytes: number): RecentEntries {
  let entries: LogEntry[] = [];
  let sizes: number[] = [];
  let start = 0;
  let bytes = 0;

  const shrink = (): void => {
    while (entries.length - start > most || (bytes > mostBytes && start < entries.length)) {
      bytes -= sizes[start] ?? 0;
      start += 1;
    }
    if (start < most) return;
    entries = entries.slice(start);
    sizes = sizes.slice(start);
    start = 0;
  };

  return {
    add(entry, size) {
      entries.push(entry);
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
    clear() {
      entries = [];
      sizes = [];
      start = 0;
      bytes = 0;
    },
  };
}
