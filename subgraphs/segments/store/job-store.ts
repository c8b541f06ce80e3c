import type { CollectionSpec, Store, Stored, Write } from '../../../platform/store/store';
import type { Backfill, EvaluationRun, Job, Withdrawal } from '../domain/job';

const JOBS = 'segment_jobs';

/** Work in the background, and how far it has come. */
export const jobsSpec: CollectionSpec = { name: JOBS, indexes: [{ name: 'open', fields: ['open', 'kind'] }] };

/** Where the round of all people stands, and how many the last whole one met. */
export interface Round {
  readonly after: string;
  readonly people: number;
  readonly knownTotal: number;
}

type Kinds = { BACKFILL: Backfill; WITHDRAWAL: Withdrawal; EVALUATION: EvaluationRun };

/** Jobs of the segments subgraph. */
export interface JobStore {
  get(sandbox: string, id: string): Promise<Stored<Job> | undefined>;
  /** Those under way. */
  open<K extends Job['kind']>(sandbox: string, kind: K): Promise<readonly Stored<Kinds[K]>[]>;
  round(sandbox: string): Promise<Stored<Round> | undefined>;
  /** Writes for a commit; fails there with CONFLICT when someone else came between. `expected` absent: replaces any. */
  put(id: string, job: Job, expected?: number | null): Write;
  putRound(round: Round, expected: number | null): Write;
  commit(sandbox: string, writes: readonly Write[]): Promise<void>;
}

const ROUND = 'round';
const EVALUATION = 'evaluation|';
const MOST_JOBS = 1_000;

/** Over the collection of `jobsSpec`. */
export function createJobStore(store: Store): JobStore {
  const jobs = store.collection<Job>(JOBS);
  const put = (id: string, value: object, expected?: number | null): Write => ({
    kind: 'put',
    collection: JOBS,
    id,
    value,
    ...(expected !== undefined && { expected }),
  });
  return {
    get: (sandbox, id) => jobs.get(sandbox, id),
    open: <K extends Job['kind']>(sandbox: string, kind: K) =>
      jobs.range(sandbox, { index: 'open', prefix: [1, kind], limit: MOST_JOBS }) as Promise<
        readonly Stored<Kinds[K]>[]
      >,
    round: (sandbox) => jobs.get(sandbox, ROUND) as unknown as Promise<Stored<Round> | undefined>,
    put,
    putRound: (round, expected) => put(ROUND, round, expected),
    commit: (sandbox, writes) => store.commit({ sandbox, writes }),
  };
}

/** The id of the job that brings a segment's newest rule to all people. */
export function backfillId(segmentId: string): string {
  return `backfill|${segmentId}`;
}

/** The id of the job that ends a segment's memberships. */
export function withdrawalId(segmentId: string): string {
  return `withdrawal|${segmentId}`;
}

/** The id of the document of an evaluation that callers know as `id`. */
export function evaluationId(id: string): string {
  return `${EVALUATION}${id}`;
}

/** The inverse of `evaluationId`. */
export function callersId(id: string): string {
  return id.slice(EVALUATION.length);
}
