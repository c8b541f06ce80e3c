import type { CollectionSpec, Store, Stored, Write } from '../../../platform/store/store';

const JOBS = 'destinations_jobs';

/** Where work in the background is kept. */
export const jobSpec: CollectionSpec = {
  name: JOBS,
  indexes: [
    { name: 'open', fields: ['open'] },
    { name: 'destination', fields: ['destination', 'open'] },
  ],
};

/** Telling a destination of everyone who is in a segment already (BACKFILL), or that they are no more (END). */
export interface Job {
  readonly kind: 'BACKFILL' | 'END';
  readonly destination: string;
  readonly segment: string;
  /** The key of the activation that it is for: also the id of the job, after its kind. */
  readonly activation: string;
  /** Where the next page begins. */
  readonly after: string;
  readonly done: number;
  readonly total: number;
  /** 1 while it is under way, absent afterwards. */
  readonly open?: 1;
  readonly finishedAtMs?: number;
  /** Until when another process leaves it alone. */
  readonly heldUntilMs: number;
}

/** The id of a job. */
export function jobId({ kind, activation }: Pick<Job, 'kind' | 'activation'>): string {
  return `${kind}|${activation}`;
}

/** Work in the background. */
export interface JobStore {
  get(sandbox: string, id: string): Promise<Stored<Job> | undefined>;
  getMany(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<Job> | undefined)[]>;
  open(sandbox: string): Promise<readonly Stored<Job>[]>;
  isBusy(sandbox: string, destination: string): Promise<boolean>;
  /** Fails with CONFLICT when another process took it on. */
  save(sandbox: string, id: string, job: Job, expected: number): Promise<void>;
  /** The write that begins a job, for a commit of its own. */
  begin(job: Job): Write;
}

/** Over the collection of `jobSpec`. */
export function createJobStore(store: Store): JobStore {
  const jobs = store.collection<Job>(JOBS);
  return {
    get: (sandbox, id) => jobs.get(sandbox, id),
    getMany: (sandbox, ids) => jobs.getMany(sandbox, ids),
    open: (sandbox) => jobs.range(sandbox, { index: 'open', prefix: [1], limit: 1000 }),
    async isBusy(sandbox, destination) {
      const query = { index: 'destination', prefix: [destination, 1], limit: 1 };
      return (await jobs.count(sandbox, query)) > 0;
    },
    save: (sandbox, id, job, expected) =>
      store.commit({ sandbox, writes: [{ kind: 'put', collection: JOBS, id, value: job, expected }] }),
    begin: (job) => ({ kind: 'put', collection: JOBS, id: jobId(job), value: job, expected: null }),
  };
}
