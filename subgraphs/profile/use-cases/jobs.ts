import type { Clock, Timer } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import type { Stored } from '../../../platform/store/store';
import type { Job, JobStore } from '../store/job-store';

/** How far one piece of a job brought it. */
export interface JobStep {
  readonly state: Job['state'];
  readonly done: number;
  readonly total?: number;
  readonly finished: boolean;
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

/** `alone`: no other process works, so nobody else's hold counts. */
export function createJobs(dependencies: {
  readonly jobs: JobStore;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly alone: boolean;
}): Jobs {
  const { jobs, handlers, clock, log, alone } = dependencies;
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, Timer>();
  let closed = false;

  const piece = async (sandbox: string, { id, version, value }: Stored<Job>): Promise<Stored<Job> | undefined> => {
    const handler = handlers[value.kind];
    if (!handler) throw new Error(`There is no work of kind ${value.kind}.`);
    const step = await handler(sandbox, value, id);
    const next = toNext(value, step, clock.now());
    try {
      await jobs.save(sandbox, id, next, version);
    } catch (error) {
      // Another process has it.
      if (isAppError(error, 'CONFLICT')) return undefined;
      throw error;
    }
    return { id, version: version + 1, value: next };
  };

  const pieces = async (sandbox: string, id: string): Promise<void> => {
    let job = await jobs.get(sandbox, id);
    if (job && !alone && job.value.heldUntilMs > clock.now()) return;
    while (job && job.value.openSinceMs !== undefined && !closed) job = await piece(sandbox, job);
  };

  const again = (sandbox: string, id: string): void => {
    if (closed) return;
    const name = `${sandbox}|${id}`;
    timers.set(
      name,
      clock.at(clock.now() + LEASE_MS, () => void run(sandbox, id)),
    );
  };

  const run = (sandbox: string, id: string): Promise<void> => {
    const name = `${sandbox}|${id}`;
    const known = running.get(name);
    if (closed || known) return known ?? Promise.resolve();
    timers.get(name)?.cancel();
    const work = pieces(sandbox, id)
      .catch((error: unknown) => {
        log.error({ err: error, job: id }, 'a job of the profile subgraph stopped and is tried again');
        again(sandbox, id);
      })
      .finally(() => running.delete(name));
    running.set(name, work);
    return work;
  };

  return {
    run,
    async resume(sandbox) {
      for (const id of await jobs.open(sandbox)) void run(sandbox, id);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },
    async close() {
      closed = true;
      for (const timer of timers.values()) timer.cancel();
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}

function toNext(job: Job, { state, done, total, finished }: JobStep, nowMs: number): Job {
  const { openSinceMs, ...rest } = job;
  const base = { ...rest, state, done, total: Math.max(total ?? job.total, done) };
  if (finished) return { ...base, heldUntilMs: 0, finishedAtMs: nowMs };
  return { ...base, heldUntilMs: nowMs + LEASE_MS, ...(openSinceMs === undefined ? {} : { openSinceMs }) };
}
