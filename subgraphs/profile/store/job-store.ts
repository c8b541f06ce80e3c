import type { Store, Stored, Write } from '../../../platform/store/store';
import { jobsSpec } from './collections';

/** Work in the background that is taken up again where it stood. */
export interface Job {
  readonly kind: string;
  /** When it was begun; absent when it is done. */
  readonly openSinceMs?: number;
  /** Until then one process has it to itself. */
  readonly heldUntilMs: number;
  readonly done: number;
  /** As far as is known. */
  readonly total: number;
  readonly finishedAtMs?: number;
  /** What its kind needs to go on. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** Jobs by id. */
export interface JobStore {
  get(sandbox: string, id: string): Promise<Stored<Job> | undefined>;
  getMany(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<Job> | undefined)[]>;
  /** The ids of those that are not done. */
  open(sandbox: string): Promise<readonly string[]>;
  /** All of one kind, done or not, by id. */
  ofKind(sandbox: string, kind: string): Promise<readonly Stored<Job>[]>;
  /** Fails with CONFLICT when it is not at `version` (0: not there). */
  save(sandbox: string, id: string, job: Job, version: number): Promise<void>;
}

const MOST_OPEN = 1000;

/** Over the store's collection. */
export function createJobStore(store: Store): JobStore {
  const collection = store.collection<Job>(jobsSpec.name);
  return {
    get: (sandbox, id) => collection.get(sandbox, id),
    getMany: (sandbox, ids) => collection.getMany(sandbox, ids),
    open: async (sandbox) => (await collection.range(sandbox, { index: 'open', limit: MOST_OPEN })).map(({ id }) => id),
    async ofKind(sandbox, kind) {
      const found: Stored<Job>[] = [];
      for (let after: string | undefined; ; ) {
        const lower = after === undefined ? {} : { lower: { values: [after], inclusive: false } };
        const page = await collection.range(sandbox, { index: 'kind', prefix: [kind], limit: MOST_OPEN, ...lower });
        found.push(...page);
        after = page.at(-1)?.id;
        if (page.length < MOST_OPEN) return found;
      }
    },
    save: (sandbox, id, job, version) =>
      store.commit({ sandbox, writes: [{ ...jobWrite(id, job), expected: version === 0 ? null : version }] }),
  };
}

/** Keeps a job, whatever was there. */
export function jobWrite(id: string, job: Job): Extract<Write, { kind: 'put' }> {
  return { kind: 'put', collection: jobsSpec.name, id, value: job };
}

/** A job that begins now. */
export function newJob(kind: string, nowMs: number, state: Job['state'], total = 0): Job {
  return { kind, openSinceMs: nowMs, heldUntilMs: 0, done: 0, total, state };
}
