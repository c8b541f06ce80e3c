import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import type { Stored } from '../../../platform/store/store';
import { createTimedWork } from '../../../platform/timed-work';
import type { Job, JobStore } from '../store/job-store';

/** How far one piece of a job brought it. */
export interface JobStep {
  readonly state: Job['state'];
  readonly done: number;
  readonly total?: number;
  readonly finished: boolean;
  /** The next piece is for then; absent: at once. */
  readonly waitUntilMs?: number;
}

/** Does the next piece of a job, a second's work or less. Doing a piece twice must do no harm. */
export type JobHandler = (sandbox: string, job: Job, id: string) => Promise<JobStep>;

/** Runs jobs piece by piece, from where they stood. */
export interface Jobs {
  /** Takes up what is open. */
  resume(sandbox: string): Promise<void>;
  /** Runs one job, unless it runs already. Resolves when this process works on it no more: it is done, or failed. */
  run(sandbox: string, id: string): Promise<void>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const LEASE_MS = 30_000;

interface Piece {
  /** As it is now; absent: another process has it. */
  readonly job: Stored<Job> | undefined;
  readonly waitUntilMs?: number | undefined;
}

/** `alone`: no other process works, so nobody else's hold counts. */
export function createJobs(dependencies: {
  readonly jobs: JobStore;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly alone: boolean;
}): Jobs {
  const { jobs, handlers, clock, log, alone } = dependencies;

  const piece = async (sandbox: string, { id, version, value }: Stored<Job>): Promise<Piece> => {
    const handler = handlers[value.kind];
    if (!handler) throw new Error(`There is no work of kind ${value.kind}.`);
    const step = await handler(sandbox, value, id);
    const next = toNext(value, step, clock.now());
    try {
      await jobs.save(sandbox, id, next, version);
    } catch (error) {
      // Another process has it, or it was begun anew.
      if (isAppError(error, 'CONFLICT')) return { job: await free(sandbox, id) };
      throw error;
    }
    return { job: { id, version: version + 1, value: next }, waitUntilMs: step.waitUntilMs };
  };

  const free = async (sandbox: string, id: string): Promise<Stored<Job> | undefined> => {
    const job = await jobs.get(sandbox, id);
    return job && (alone || job.value.heldUntilMs <= clock.now()) ? job : undefined;
  };

  const pieces = async (sandbox: string, id: string): Promise<void> => {
    let job = await free(sandbox, id);
    while (job && job.value.openSinceMs !== undefined && !timed.isClosed()) {
      const done: Piece = await piece(sandbox, job);
      job = done.job;
      if (job?.value.openSinceMs !== undefined && done.waitUntilMs !== undefined) {
        return timed.runAt(sandbox, id, done.waitUntilMs);
      }
    }
  };

  const timed = createTimedWork({
    work: pieces,
    clock,
    log,
    retryAfterMs: LEASE_MS,
    failure: 'a job of the profile subgraph stopped and is tried again',
  });

  return {
    ...timed,
    async resume(sandbox) {
      for (const id of await jobs.open(sandbox)) void timed.run(sandbox, id);
    },
  };
}

function toNext(job: Job, { state, done, total, finished, waitUntilMs }: JobStep, nowMs: number): Job {
  const { openSinceMs, ...rest } = job;
  const base = { ...rest, state, done, total: Math.max(total ?? job.total, done) };
  if (finished) return { ...base, heldUntilMs: 0, finishedAtMs: nowMs };
  return {
    ...base,
    heldUntilMs: waitUntilMs ?? nowMs + LEASE_MS,
    ...(openSinceMs === undefined ? {} : { openSinceMs }),
  };
}
