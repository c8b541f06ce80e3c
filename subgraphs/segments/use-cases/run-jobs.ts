import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import type { Stored, Write } from '../../../platform/store/store';
import { createTimedWork } from '../../../platform/timed-work';
import type { Withdrawal } from '../domain/job';
import type { Duties } from '../store/duty-store';
import { type BackfillDependencies, backfillStep } from './backfill-people';

/** What work in the background stands on. */
export interface JobDependencies extends BackfillDependencies {
  readonly duties: Duties;
  readonly log: Log;
  /** True when no other process works. */
  readonly alone: boolean;
  /** One page of evaluations that were asked for; true when there was something to do. */
  readonly evaluationStep: (sandbox: string) => Promise<boolean>;
}

/** Backfills, withdrawals and evaluations, page by page, from where they stood. */
export interface Jobs {
  start(sandbox: string): void;
  /** There is something new to do. */
  wake(sandbox: string): void;
  /** Resolves when nothing is left to do. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const DUTY = 'jobs';
const POLL_MS = 2_000;
const AFTER_FAILURE_MS = 2_000;

/** Works for one sandbox at a time in each, the kinds taking turns. */
export function createJobs(dependencies: JobDependencies): Jobs {
  const { clock, log, alone, duties } = dependencies;
  const started = new Set<string>();

  const work = async (sandbox: string): Promise<void> => {
    if (await duties.isMine(sandbox, DUTY))
      while (!timed.isClosed() && (await doNext(dependencies, sandbox))) await duties.isMine(sandbox, DUTY);
    if (!alone) timed.runBy(sandbox, DUTY, clock.now() + POLL_MS);
  };
  const timed = createTimedWork({
    work,
    clock,
    log,
    retryAfterMs: AFTER_FAILURE_MS,
    failure: 'the background work of segments stopped and is tried again',
  });

  return {
    start(sandbox) {
      started.add(sandbox);
      void timed.runAgain(sandbox, DUTY);
    },
    wake(sandbox) {
      if (started.has(sandbox)) void timed.runAgain(sandbox, DUTY);
    },
    async idle() {
      await timed.idle();
      if (alone) return;
      for (const sandbox of started) while (!timed.isClosed() && (await doNext(dependencies, sandbox)));
    },
    close: timed.close,
  };
}

/** One page of each kind; false when there is nothing to do. */
async function doNext(dependencies: JobDependencies, sandbox: string): Promise<boolean> {
  try {
    const backfilled = await backfillStep(dependencies, sandbox);
    const withdrawn = await withdrawalPage(dependencies, sandbox);
    const evaluated = await dependencies.evaluationStep(sandbox);
    return backfilled || withdrawn || evaluated;
  } catch (error) {
    // Someone published, cancelled or worked in between: look again.
    if (isAppError(error, 'CONFLICT')) return true;
    throw error;
  }
}

/** The next members of segments that were withdrawn. */
async function withdrawalPage(dependencies: JobDependencies, sandbox: string): Promise<boolean> {
  const { jobs } = dependencies;
  const open = await jobs.open(sandbox, 'WITHDRAWAL');
  if (open.length === 0) return false;
  const writes: Write[] = [];
  for (const job of open) writes.push(await withdrawPage(dependencies, sandbox, job));
  await jobs.commit(sandbox, writes);
  return true;
}

async function withdrawPage(
  { jobs, members, evaluate, plan, pageSize }: JobDependencies,
  sandbox: string,
  { id, version, value }: Stored<Withdrawal>,
): Promise<Write> {
  const { segmentId, after, done, total } = value;
  const isLiveAgain = (await plan(sandbox)).versionOf(segmentId) > 0;
  const page = isLiveAgain ? [] : await members.page(sandbox, segmentId, { after, limit: pageSize });
  await evaluate(
    sandbox,
    page.map(({ profileId }) => ({ profileId })),
  );
  const moved = done + page.length;
  const next: Withdrawal = {
    ...value,
    after: page.at(-1)?.profileId ?? after,
    done: moved,
    total: Math.max(total, moved),
  };
  const { open: _, ...over } = next;
  return jobs.put(id, page.length < pageSize ? over : next, version);
}
