import type { Clock, Timer } from '../../../platform/clock';
import type { Log } from '../../../platform/log';

/** Something to look at again and again, in every sandbox. Doing it twice does no harm. */
export type Sweep = (sandbox: string) => Promise<void>;

/** Runs sweeps at their intervals. */
export interface Sweeps {
  start(sandboxes: readonly string[]): void;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Each sweep by its interval in milliseconds. One that still runs when it is due again runs once more when it is done. */
export function createSweeps(
  sweeps: readonly { readonly everyMs: number; readonly sweep: Sweep }[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Sweeps {
  const running = new Map<Sweep, Promise<void>>();
  const timers = new Map<Sweep, Timer>();

  const dueAgain = new Set<Sweep>();

  const run = (sweep: Sweep, sandboxes: readonly string[]): void => {
    if (running.has(sweep)) return void dueAgain.add(sweep);
    const all = async (): Promise<void> => {
      do {
        dueAgain.delete(sweep);
        for (const sandbox of sandboxes) await sweep(sandbox);
      } while (dueAgain.has(sweep));
    };
    const work = all()
      .catch((error: unknown) => log.error({ err: error }, 'a sweep over profiles failed and is tried again'))
      .finally(() => running.delete(sweep));
    running.set(sweep, work);
  };

  const arm = (everyMs: number, sweep: Sweep, sandboxes: readonly string[]): void => {
    const fire = (): void => {
      arm(everyMs, sweep, sandboxes);
      run(sweep, sandboxes);
    };
    timers.set(sweep, clock.at(clock.now() + everyMs, fire));
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };
  return {
    start(sandboxes) {
      for (const { everyMs, sweep } of sweeps) arm(everyMs, sweep, sandboxes);
    },
    idle,
    async close() {
      for (const timer of timers.values()) timer.cancel();
      await idle();
    },
  };
}
