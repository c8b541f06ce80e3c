import { storeClosed } from './conflict';
import type { Commit } from './store';

/** A commit that waits for its flush. The flush settles each exactly once. */
export interface WaitingCommit {
  readonly commit: Commit;
  resolve(): void;
  reject(error: unknown): void;
}

/** Gathers commits that wait at the same time, so that they share one flush. */
export interface GroupCommit {
  add(commit: Commit): Promise<void>;
  /** Resolves when nothing waits or is under way; later `add`s fail with UNAVAILABLE. */
  close(): Promise<void>;
}

// Bounds how long one flush keeps others waiting.
const MOST_WRITES_PER_FLUSH = 4096;

/** Flushes run one after another, each with all that waits by then (up to some thousand writes), in order of arrival. */
export function createGroupCommit(flush: (group: readonly WaitingCommit[]) => void | Promise<void>): GroupCommit {
  let waiting: WaitingCommit[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  const run = async (): Promise<void> => {
    // Everything that the sockets brought in this turn of the event loop joins in.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const group = takeGroup(waiting);
      waiting = waiting.slice(group.length);
      try {
        await flush(group);
      } catch (error) {
        for (const each of group) each.reject(error);
      }
      if (waiting.length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    running = undefined;
  };

  return {
    add: (commit) =>
      new Promise<void>((resolve, reject) => {
        if (closed) return reject(storeClosed());
        waiting.push({ commit, resolve, reject });
        running ??= run();
      }),
    async close() {
      closed = true;
      await running;
    },
  };
}

function takeGroup(waiting: readonly WaitingCommit[]): readonly WaitingCommit[] {
  let writes = 0;
  let count = 0;
  for (const { commit } of waiting) {
    writes += commit.writes.length + (commit.entries?.length ?? 0);
    if (count > 0 && writes > MOST_WRITES_PER_FLUSH) break;
    count += 1;
  }
  return waiting.slice(0, count);
}
