import type { Clock, Timer } from './clock';
import type { Log } from './log';

/** Pieces of work known by sandbox and id: each at most once at a time, at once or at an instant. */
export interface TimedWork {
  /** Runs one now, unless it runs already. Resolves when it is over: it is done, or failed. */
  run(sandbox: string, id: string): Promise<void>;
  /** Runs one at `atMs`, in place of any instant before. */
  runAt(sandbox: string, id: string, atMs: number): void;
  /** True from `close` on: what still runs should come to its end. */
  isClosed(): boolean;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** What timed work is made of. */
export interface TimedWorkOptions {
  readonly work: (sandbox: string, id: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** What the log says of one that failed. */
  readonly failure: string;
  /** When one that failed is tried again, in milliseconds. */
  readonly retryAfterMs: number;
}

/** Nothing runs until it is told to. */
export function createTimedWork({ work, clock, log, failure, retryAfterMs }: TimedWorkOptions): TimedWork {
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, Timer>();
  let closed = false;

  const runAt = (sandbox: string, id: string, atMs: number): void => {
    if (closed) return;
    const name = `${sandbox}|${id}`;
    timers.get(name)?.cancel();
    timers.set(
      name,
      clock.at(atMs, () => void run(sandbox, id)),
    );
  };
  const run = (sandbox: string, id: string): Promise<void> => {
    const name = `${sandbox}|${id}`;
    const known = running.get(name);
    if (closed || known) return known ?? Promise.resolve();
    timers.get(name)?.cancel();
    timers.delete(name);
    const done = work(sandbox, id)
      .catch((error: unknown) => {
        log.error({ err: error, sandbox, job: id }, failure);
        runAt(sandbox, id, clock.now() + retryAfterMs);
      })
      .finally(() => running.delete(name));
    running.set(name, done);
    return done;
  };
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };
  return {
    run,
    runAt,
    isClosed: () => closed,
    idle,
    async close() {
      closed = true;
      for (const timer of timers.values()) timer.cancel();
      await idle();
    },
  };
}
