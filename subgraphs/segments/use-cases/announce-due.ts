import type { Clock } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import { createTimedWork } from '../../../platform/timed-work';
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

const DUTY = 'due';
// Lists of people.
const PAGE = 8;
const POLL_MS = 500;
// Another process is on duty: it is helped only when it is late.
const LATE_MS = 1_000;
const AFTER_FAILURE_MS = 1_000;

/** One timer per sandbox, set to the earliest due instant. */
export function createDueAnnouncer(dependencies: DueDependencies): DueAnnouncer {
  const { due, clock, log, alone } = dependencies;
  const started = new Set<string>();

  const work = async (sandbox: string): Promise<void> => {
    await announceAll(dependencies, sandbox, timed.isClosed);
    const nextMs = (await due.next(sandbox)) ?? Number.POSITIVE_INFINITY;
    const atMs = alone ? nextMs : Math.min(nextMs, clock.now() + POLL_MS);
    if (Number.isFinite(atMs)) timed.runBy(sandbox, DUTY, atMs);
  };
  const timed = createTimedWork({
    work,
    clock,
    log,
    retryAfterMs: AFTER_FAILURE_MS,
    failure: 'due changes of segments could not be announced; trying again',
  });

  return {
    start(sandbox) {
      started.add(sandbox);
      void timed.run(sandbox, DUTY);
    },
    expect(sandbox, dueMs) {
      if (started.has(sandbox)) timed.runBy(sandbox, DUTY, dueMs);
    },
    async idle() {
      await timed.idle();
      for (const sandbox of started)
        await announceAll({ ...dependencies, duties: ALWAYS_MINE }, sandbox, timed.isClosed);
    },
    close: timed.close,
  };
}

/** Page after page in the order of the due instants, so that the announcements are in that order too. */
async function announceAll(
  { due, evaluate, duties, clock }: DueDependencies,
  sandbox: string,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const graceMs = (await duties.isMine(sandbox, DUTY)) ? 0 : LATE_MS;
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
