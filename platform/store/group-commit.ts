import { storeClosed } from './conflict';
import type { Commit } from './store';

/** A commit that waits for its flush. The flush settles each exactly once. */
export interface WaitingCommit {
  readonly commit: Commit;
  resolve(): void;
  reject(error: unknown): void;
}

/** What has the database for itself when its turn comes. */
interface WaitingWork {
  work(): Promise<void>;
}

/** Gathers commits that wait at the same time, so that they share one flush. */
export interface GroupCommit {
  add(commit: Commit): Promise<void>;
  /** Resolves when nothing waits or is under way; later `add`s fail with UNAVAILABLE. */
  close(): Promise<void>;
}

/** One flush after another. */
export interface SerialGroupCommit extends GroupCommit {
  /** Runs `work` when its turn comes, while no flush is under way. */
  alone<T>(work: () => T): Promise<T>;
}

// Bounds how long one flush keeps others waiting.
const MOST_WRITES_PER_FLUSH = 4096;

/** Flushes run one after another, each with all that waits by then (up to some thousand writes), in order of arrival. */
export function createGroupCommit(flush: (group: readonly WaitingCommit[]) => Promise<void>): SerialGroupCommit {
  let waiting: (WaitingCommit | WaitingWork)[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  const run = async (): Promise<void> => {
    // Everything that the sockets brought in this turn of the event loop joins in.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const [first] = waiting;
      if (first && 'work' in first) {
        waiting = waiting.slice(1);
        await first.work();
        continue;
      }
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

  const enqueue = (next: WaitingCommit | WaitingWork): void => {
    if (closed) throw storeClosed();
    waiting.push(next);
    running ??= run();
  };

  return {
    add: (commit) => new Promise<void>((resolve, reject) => enqueue({ commit, resolve, reject })),
    alone: (work) =>
      new Promise((resolve, reject) => enqueue({ work: () => Promise.resolve().then(work).then(resolve, reject) })),
    async close() {
      closed = true;
      await running;
    },
  };
}

function takeGroup(waiting: readonly (WaitingCommit | WaitingWork)[]): readonly WaitingCommit[] {
  const group: WaitingCommit[] = [];
  let writes = 0;
  for (const next of waiting) {
    if ('work' in next) break;
    writes += next.commit.writes.length + (next.commit.entries?.length ?? 0);
    if (group.length > 0 && writes > MOST_WRITES_PER_FLUSH) break;
    group.push(next);
  }
  return group;
}
