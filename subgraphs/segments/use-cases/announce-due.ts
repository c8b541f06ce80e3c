import type { Clock, Timer } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import type { DueStore } from '../store/due-store';
import { ALWAYS_MINE, type Duties } from '../store/duty-store';
import type { EvaluateProfiles } from './evaluate-profiles';

/** What the announcing of due changes stands on. */
export interface DueDependencies {
  readonly due: DueStore;
  readonly evaluate: EvaluateProfiles;
  readonly duties: Duties;
  readonly clock: Clock;
  readonly log: Log;
  /** True when no other process evaluates: then nothing falls due unheard. */
  readonly alone: boolean;
}

/** Announces what time alone changes, when it does; what fell due before the start comes first, in its order (S-7). */
export interface DueAnnouncer {
  start(sandbox: string): void;
  /** Something may fall due at `dueMs`. */
  expect(sandbox: string, dueMs: number): void;
  /** Resolves when all that is due by now is announced. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

// Lists of people.
const PAGE = 8;
const POLL_MS = 500;
// Another process is on duty: it is helped only when it is late.
const LATE_MS = 1_000;
const AFTER_FAILURE_MS = 1_000;

/** One timer per sandbox, set to the earliest due instant. */
export function createDueAnnouncer(dependencies: DueDependencies): DueAnnouncer {
  const { due, clock, log, alone } = dependencies;
  const timers = new Map<string, { readonly atMs: number; readonly timer: Timer }>();
  const running = new Map<string, Promise<void>>();
  const started = new Set<string>();
  let closed = false;

  const arm = (sandbox: string, atMs: number): void => {
    const armed = timers.get(sandbox);
    if (closed || (armed && armed.atMs <= atMs)) return;
    armed?.timer.cancel();
    timers.set(sandbox, { atMs, timer: clock.at(atMs, () => fire(sandbox)) });
  };
  const fire = (sandbox: string): void => {
    timers.delete(sandbox);
    if (!running.has(sandbox)) void run(sandbox);
  };
  const run = (sandbox: string): Promise<void> => {
    const work = announceAll(dependencies, sandbox, () => closed)
      .then(() => due.next(sandbox))
      .then((nextMs = Number.POSITIVE_INFINITY) => {
        const atMs = alone ? nextMs : Math.min(nextMs, clock.now() + POLL_MS);
        if (Number.isFinite(atMs)) arm(sandbox, atMs);
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'due changes of segments could not be announced; trying again');
        arm(sandbox, clock.now() + AFTER_FAILURE_MS);
      })
      .finally(() => running.delete(sandbox));
    running.set(sandbox, work);
    return work;
  };

  return {
    start(sandbox) {
      started.add(sandbox);
      void run(sandbox);
    },
    expect(sandbox, dueMs) {
      if (started.has(sandbox)) arm(sandbox, dueMs);
    },
    async idle() {
      await Promise.all(running.values());
      for (const sandbox of started) await announceAll({ ...dependencies, duties: ALWAYS_MINE }, sandbox, () => closed);
    },
    async close() {
      closed = true;
      for (const { timer } of timers.values()) timer.cancel();
      timers.clear();
      await Promise.all(running.values());
    },
  };
}

/** Page after page in the order of the due instants, so that the announcements are in that order too. */
async function announceAll(
  { due, evaluate, duties, clock }: DueDependencies,
  sandbox: string,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const graceMs = (await duties.isMine(sandbox, 'due')) ? 0 : LATE_MS;
    const nowMs = clock.now() - graceMs;
    const lists = await due.find(sandbox, nowMs, PAGE);
    const last = lists.at(-1);
    if (!last) return;
    const untilMs = lists.length < PAGE ? nowMs : last.dueAtMs;
    const profileIds = new Set(lists.flatMap((list) => list.profileIds));
    await evaluate(
      sandbox,
      [...profileIds].map((profileId) => ({ profileId, untilMs })),
    );
    await due.remove(sandbox, lists);
  }
}
