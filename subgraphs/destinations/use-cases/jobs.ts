import type { SegmentReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Log } from '../../../platform/log';
import type { Stored } from '../../../platform/store/store';
import { createTimedWork } from '../../../platform/timed-work';
import { findSegment, type News } from '../domain/lane';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationInUse, DestinationsConfiguration } from '../store/destinations-configuration';
import type { Job, JobStore } from '../store/job-store';
import type { TakeIn } from './take-in';

/** What jobs stand on. */
export interface JobDependencies {
  readonly jobs: JobStore;
  readonly store: DeliveryStore;
  readonly configuration: DestinationsConfiguration;
  readonly segments: SegmentReader;
  readonly takeIn: TakeIn;
  readonly wake: (sandbox: string, destination: string) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** True when no other process works: then nobody else's hold counts. */
  readonly alone: boolean;
  /** For how long a process has a job to itself after each page, and how long it waits after a fault. Milliseconds. */
  readonly leaseMs: number;
  readonly pageSize: number;
}

/** Backfills and endings of activations, page by page, from where they stood. */
export interface Jobs {
  /** Takes up what is open. */
  resume(sandbox: string): Promise<void>;
  /** Runs one job, unless it runs already. */
  run(sandbox: string, id: string): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Runs jobs in this process. */
export function createJobs(dependencies: JobDependencies): Jobs {
  const { jobs, clock, log, alone, leaseMs } = dependencies;

  const pages = async (sandbox: string, id: string): Promise<void> => {
    let job = await jobs.get(sandbox, id);
    if (job && !alone && job.value.heldUntilMs > clock.now()) return;
    while (job?.value.open && !timed.isClosed()) job = await nextPage(sandbox, job);
  };

  const nextPage = async (sandbox: string, { id, version, value }: Stored<Job>): Promise<Stored<Job> | undefined> => {
    const done = await runPage(dependencies, sandbox, value);
    const next = { ...done, heldUntilMs: clock.now() + leaseMs };
    try {
      await jobs.save(sandbox, id, next, version);
    } catch (error) {
      if (isAppError(error, 'CONFLICT')) return undefined;
      throw error;
    }
    return { id, version: version + 1, value: next };
  };

  const timed = createTimedWork({
    work: pages,
    clock,
    log,
    retryAfterMs: leaseMs,
    failure: 'a job of destinations stopped and is tried again',
  });

  return {
    ...timed,
    run: (sandbox, id) => void timed.run(sandbox, id),
    async resume(sandbox) {
      for (const { id } of await jobs.open(sandbox)) void timed.run(sandbox, id);
    },
  };
}

async function runPage(dependencies: JobDependencies, sandbox: string, job: Job): Promise<Job> {
  const { configuration, takeIn, wake, clock } = dependencies;
  const target = (await configuration.routes(sandbox)).destinations.get(job.destination);
  if (!target) return finish(job, clock.now());
  const page =
    job.kind === 'BACKFILL'
      ? await pageOfMembers(dependencies, sandbox, job)
      : await pageOfLanes(dependencies, sandbox, target, job);
  if (page.news.length > 0) {
    await takeIn(sandbox, target, page.news);
    wake(sandbox, job.destination);
  }
  const done = job.done + page.news.length;
  const moved = { ...job, after: page.after ?? job.after, done, total: Math.max(page.total, done) };
  return page.after === undefined ? finish(moved, clock.now()) : moved;
}

interface Page {
  readonly news: readonly News[];
  /** Absent: it was the last. */
  readonly after: string | undefined;
  readonly total: number;
}

async function pageOfMembers(dependencies: JobDependencies, sandbox: string, job: Job): Promise<Page> {
  const { configuration, segments, pageSize } = dependencies;
  const { segment, destination, activation, after } = job;
  const activations = (await configuration.routes(sandbox)).bySegment.get(segment) ?? [];
  const isOn = activations.some((known) => known.destination === destination && known.key === activation);
  if (!isOn) return { news: [], after: undefined, total: job.total };
  const total = after === '' ? await countMembers(dependencies, sandbox, segment) : job.total;
  const members = await segments.members(sandbox, segment, { ...(after ? { after } : {}), limit: pageSize });
  const news = members.map(({ profileId, atMs }) => ({
    profileId,
    segment,
    status: 'REALIZED' as const,
    qualifiedAtMs: atMs,
    activation,
    source: { kind: 'BACKFILL' as const },
  }));
  return { news, total, after: members.length < pageSize ? undefined : members.at(-1)?.profileId };
}

async function countMembers({ segments }: JobDependencies, sandbox: string, segment: string): Promise<number> {
  const limit = 5_000;
  let total = 0;
  for (let after: string | undefined; ; ) {
    const members = await segments.members(sandbox, segment, { ...(after ? { after } : {}), limit });
    total += members.length;
    after = members.at(-1)?.profileId;
    if (members.length < limit) return total;
  }
}

async function pageOfLanes(
  { store, clock, pageSize }: JobDependencies,
  sandbox: string,
  target: DestinationInUse,
  { segment, activation, after, total }: Job,
): Promise<Page> {
  const lanes = await store.lanesOf(sandbox, target.id, { after, limit: pageSize });
  const qualifiedAtMs = clock.now();
  const news = lanes
    .filter(({ value }) => {
      const known = findSegment(value, segment);
      return known?.status === 'REALIZED' && known.activation === activation;
    })
    .map(({ value }) => ({
      profileId: value.profileId,
      segment,
      status: 'EXITED' as const,
      qualifiedAtMs,
      activation,
      source: { kind: 'END' as const },
    }));
  return { news, total, after: lanes.length < pageSize ? undefined : lanes.at(-1)?.id };
}

function finish({ open: _, ...job }: Job, nowMs: number): Job {
  return { ...job, finishedAtMs: nowMs };
}
