import type { Clock } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import { createTimedWork } from '../../../platform/timed-work';

/** Something to look at again and again, in every sandbox. Doing it twice does no harm. */
export type Sweep = (sandbox: string) => Promise<void>;

const SWEEP = 'sweep';

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
  const all = sweeps.map(({ everyMs, sweep }) => {
    const arm = (sandbox: string): void => timed.runAt(sandbox, SWEEP, clock.now() + everyMs);
    const work = (sandbox: string): Promise<void> => {
      arm(sandbox);
      return sweep(sandbox);
    };
    const timed = createTimedWork({
      work,
      clock,
      log,
      retryAfterMs: everyMs,
      failure: 'a sweep over profiles failed and is tried again',
    });
    return { ...timed, arm };
  });
  return {
    start(sandboxes) {
      for (const { arm } of all) sandboxes.forEach(arm);
    },
    async idle() {
      await Promise.all(all.map((timed) => timed.idle()));
    },
    async close() {
      await Promise.all(all.map((timed) => timed.close()));
    },
  };
}
