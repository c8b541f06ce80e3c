import type { Clock, Timer } from './clock';
import type { Log } from './log';

/** Pieces of work known by sandbox and id: each at most once at a time, at once or at an instant. */
export interface TimedWork {
  /** Runs one now, unless it runs already. Resolves when it is over: it is done, or failed. */
  run(sandbox: string, id: string): Promise<void>;
  /** Runs one now. If it runs already, it runs once more after that, however often this is called meanwhile. */
  runAgain(sandbox: string, id: string): Promise<void>;
  /** Runs one at `atMs`, in place of any instant before. */
  runAt(sandbox: string, id: string, atMs: number): void;
  /** Runs one at `atMs`, unless it is to run before that. */
  runBy(sandbox: string, id: string, atMs: number): void;
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
  const dueAgain = new Set<string>();
  const timers = new Map<string, { readonly atMs: number; readonly timer: Timer }>();
  let closed = false;

  const disarm = (name: string): void => {
    timers.get(name)?.timer.cancel();
    timers.delete(name);
  };
  const runAt = (sandbox: string, id: string, atMs: number): void => {
    if (closed) return;
    const name = `${sandbox}|${id}`;
    disarm(name);
    const timer = clock.at(atMs, () => void runAgain(sandbox, id));
    timers.set(name, { atMs, timer });
  };
  const run = (sandbox: string, id: string): Promise<void> => {
    const name = `${sandbox}|${id}`;
    const known = running.get(name);
    if (closed || known) return known ?? Promise.resolve();
    disarm(name);
    const done = work(sandbox, id)
      .catch((error: unknown) => {
        log.error({ err: error, sandbox, job: id }, failure);
        runAt(sandbox, id, clock.now() + retryAfterMs);
      })
      .finally(() => {
        running.delete(name);
        if (dueAgain.delete(name)) void run(sandbox, id);
      });
    running.set(name, done);
    return done;
  };
  const runAgain = async (sandbox: string, id: string): Promise<void> => {
    const name = `${sandbox}|${id}`;
    const known = running.get(name);
    if (!known) return run(sandbox, id);
    dueAgain.add(name);
    await known;
    await running.get(name);
  };
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };
  return {
    run,
    runAgain,
    runAt,
    runBy(sandbox, id, atMs) {
      const armed = timers.get(`${sandbox}|${id}`);
      if (!armed || atMs < armed.atMs) runAt(sandbox, id, atMs);
    },
    isClosed: () => closed,
    idle,
    async close() {
      closed = true;
      for (const { timer } of timers.values()) timer.cancel();
      await idle();
    },
  };
}
