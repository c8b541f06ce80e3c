import { Cron } from 'croner';
import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import { createTimedWork } from '../../../platform/timed-work';
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
const AFTER_FAILURE_MS = 60_000;

/** One that was missed while nobody ran is made up for on the start. Several processes begin one together. */
export function createEvaluationSchedule(dependencies: ScheduleDependencies): EvaluationSchedule {
  const { clock, log, timeZone } = dependencies;
  const pattern = new Cron(DAILY, { timezone: timeZone, paused: true });
  const nextAfter = (ms: number): number => pattern.nextRun(new Date(ms))?.getTime() ?? ms + DAY_MS;

  const work = async (sandbox: string): Promise<void> => {
    let dueMs = nextAfter(clock.now() - 2 * DAY_MS);
    let nextMs = nextAfter(dueMs);
    for (; nextMs <= clock.now(); nextMs = nextAfter(nextMs)) dueMs = nextMs;
    timed.runAt(sandbox, DAILY, nextMs);
    await beginDaily(dependencies, sandbox, dueMs);
  };
  const timed = createTimedWork({
    work,
    clock,
    log,
    retryAfterMs: AFTER_FAILURE_MS,
    failure: 'the daily evaluation of segments could not begin and is tried again',
  });

  return {
    start: (sandbox) => void timed.run(sandbox, DAILY),
    idle: timed.idle,
    close: timed.close,
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
