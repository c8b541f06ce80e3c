import { Cron } from 'croner';
import type { Clock, Timer } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import type { Plan } from '../domain/plan';
import type { EvaluationRuns } from './evaluate-segments';

/** What the schedule stands on. */
export interface ScheduleDependencies {
  readonly runs: EvaluationRuns;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeZone: string;
}

/** Begins an evaluation of all rules that need a scan, once a day (S-15). */
export interface EvaluationSchedule {
  start(sandbox: string): void;
  /** Resolves when what was due has begun. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** At night, when there is least to do. */
const DAILY = '0 2 * * *';
const DAY_MS = 86_400_000;

/** One that was missed while nobody ran is made up for on the start. Several processes begin one together. */
export function createEvaluationSchedule(dependencies: ScheduleDependencies): EvaluationSchedule {
  const { clock, log, timeZone } = dependencies;
  const pattern = new Cron(DAILY, { timezone: timeZone, paused: true });
  const timers = new Map<string, Timer>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const nextAfter = (ms: number): number => pattern.nextRun(new Date(ms))?.getTime() ?? ms + DAY_MS;
  const begin = (sandbox: string, dueMs: number): void => {
    const work = beginDaily(dependencies, sandbox, dueMs)
      .catch((error: unknown) => log.error({ err: error }, 'the daily evaluation of segments could not begin'))
      .finally(() => running.delete(work));
    running.add(work);
  };
  const arm = (sandbox: string): void => {
    if (closed) return;
    const dueMs = nextAfter(clock.now());
    timers.set(
      sandbox,
      clock.at(dueMs, () => {
        begin(sandbox, dueMs);
        arm(sandbox);
      }),
    );
  };

  return {
    start(sandbox) {
      let missedMs = nextAfter(clock.now() - 2 * DAY_MS);
      for (let next = nextAfter(missedMs); next <= clock.now(); next = nextAfter(next)) missedMs = next;
      if (missedMs <= clock.now()) begin(sandbox, missedMs);
      arm(sandbox);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    async close() {
      closed = true;
      for (const timer of timers.values()) timer.cancel();
      await Promise.all(running);
    },
  };
}

async function beginDaily({ runs, plan }: ScheduleDependencies, sandbox: string, dueMs: number): Promise<void> {
  const general = (await plan(sandbox)).rules.general;
  const id = `daily-${new Date(dueMs).toISOString()}`;
  if (general.length === 0 || (await runs.find(sandbox, id))) return;
  try {
    await runs.begin(sandbox, general, id);
  } catch (error) {
    // Another process was first, or the last of them was just withdrawn.
    if (!isAppError(error, 'CONFLICT') && !isAppError(error, 'NOT_FOUND')) throw error;
  }
}
