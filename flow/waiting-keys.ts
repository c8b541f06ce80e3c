import type { LogEntry } from '../platform/store/event-log';

/** Entries of one key that wait for another try of the first of them. */
export interface WaitingKey {
  readonly key: string;
  readonly entries: LogEntry[];
  /** How often the first entry was tried. */
  readonly attempts: number;
  readonly dueMs: number;
  /** To be tried without neighbours, so that it cannot take them down with it. */
  readonly alone: boolean;
}

/** The keys that wait, so that later entries of a key stay behind its earlier ones. */
export interface WaitingKeys {
  add(waiting: WaitingKey): void;
  /** True when the entry's key waits: the entry was put behind it. */
  hold(entry: LogEntry): boolean;
  /** Takes out what is due at `nowMs`. */
  takeDue(nowMs: number): readonly WaitingKey[];
  nextDueMs(): number | undefined;
  /** The lowest position that waits. */
  lowest(): number | undefined;
  /** How many entries wait. */
  size(): number;
}

/** Whose an entry is, across sandboxes. */
export function keyOf(entry: LogEntry): string {
  return `${entry.sandbox}|${entry.key}`;
}

/** Nobody waits at first. */
export function createWaitingKeys(): WaitingKeys {
  const waiting = new Map<string, WaitingKey>();
  let size = 0;
  return {
    add(each) {
      waiting.set(each.key, each);
      size += each.entries.length;
    },
    hold(entry) {
      const ahead = waiting.size > 0 ? waiting.get(keyOf(entry)) : undefined;
      if (!ahead) return false;
      ahead.entries.push(entry);
      size += 1;
      return true;
    },
    takeDue(nowMs) {
      const due = [...waiting.values()].filter((each) => each.dueMs <= nowMs);
      for (const each of due) {
        waiting.delete(each.key);
        size -= each.entries.length;
      }
      return due;
    },
    nextDueMs: () => least([...waiting.values()].map((each) => each.dueMs)),
    lowest: () => least([...waiting.values()].map((each) => each.entries[0]?.position ?? Number.POSITIVE_INFINITY)),
    size: () => size,
  };
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b));
}
