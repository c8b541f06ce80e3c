import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Stored } from '../../../platform/store/store';
import type { EvaluationRun } from '../domain/job';
import type { Plan } from '../domain/plan';
import { callersId, evaluationId, type JobStore } from '../store/job-store';
import type { EvaluateProfiles } from './evaluate-profiles';
import type { ReadMemberships } from './read-memberships';
import { NO_VIEWS, policiesOf, readViews } from './read-views';

/** What evaluations stand on. */
export interface EvaluationRunDependencies {
  readonly jobs: JobStore;
  readonly profiles: ProfileReader;
  readonly evaluate: EvaluateProfiles;
  readonly read: ReadMemberships;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pageSize: number;
  readonly onWork: (sandbox: string) => void;
}

/** An evaluation of segments over all people (S-15). */
export interface EvaluationJob extends EvaluationRun {
  readonly id: string;
}

/** Evaluations on demand, and how they go on. */
export interface EvaluationRuns {
  /** Begins one. Fails with NOT_FOUND for a segment that is not published. @param id makes it the same when begun twice */
  begin(sandbox: string, segmentIds: readonly string[], id?: string): Promise<EvaluationJob>;
  find(sandbox: string, id: string): Promise<EvaluationJob | undefined>;
  /** Ends one before its time; one that is over stays as it is. */
  cancel(sandbox: string, id: string): Promise<EvaluationJob>;
  /** Does the next page of each; true when there was something to do. */
  step(sandbox: string): Promise<boolean>;
}

/** Evaluations are kept in the store, and go on after a restart where they stood. */
export function createEvaluationRuns(dependencies: EvaluationRunDependencies): EvaluationRuns {
  const { jobs, plan, clock, ids } = dependencies;
  const find = async (sandbox: string, id: string): Promise<Stored<EvaluationRun> | undefined> => {
    const stored = await jobs.get(sandbox, evaluationId(id));
    return stored?.value.kind === 'EVALUATION' ? (stored as Stored<EvaluationRun>) : undefined;
  };
  return {
    async begin(sandbox, segmentIds, id = ids.next()) {
      const wanted = [...new Set(segmentIds)];
      checkPublished(wanted, await plan(sandbox));
      const job = newRun(wanted, clock.now());
      await jobs.commit(sandbox, [jobs.put(evaluationId(id), job, null)]);
      dependencies.onWork(sandbox);
      return { ...job, id };
    },
    async find(sandbox, id) {
      const stored = await find(sandbox, id);
      return stored && { ...stored.value, id };
    },
    async cancel(sandbox, id) {
      return decideAnew(async () => {
        const stored = await find(sandbox, id);
        if (!stored) throw new AppError('NOT_FOUND', `There is no evaluation ${id}.`, { details: { id } });
        const { open } = stored.value;
        const after = open ? close(stored.value, 'CANCELLED', clock.now()) : stored.value;
        return async () => {
          if (open) await jobs.commit(sandbox, [jobs.put(stored.id, after, stored.version)]);
          return { ...after, id };
        };
      });
    },
    async step(sandbox) {
      const open = await jobs.open(sandbox, 'EVALUATION');
      for (const { id, version, value } of open) {
        const next = await nextPage(dependencies, sandbox, id, value);
        await jobs.commit(sandbox, [jobs.put(id, next, version)]);
      }
      return open.length > 0;
    },
  };
}

async function nextPage(
  { profiles, evaluate, read, plan, clock, jobs, pageSize }: EvaluationRunDependencies,
  sandbox: string,
  id: string,
  run: EvaluationRun,
): Promise<EvaluationRun> {
  const page = await profiles.scan(sandbox, { ...(run.after && { after: run.after }), limit: pageSize });
  const { segmentIds } = run;
  const reference = callersId(id);
  const scan = { segmentIds, by: { cause: { kind: 'TIME' as const, reference }, origin: `j${reference}` } };
  const ids = page.map((person) => person.id);
  const views = await readViews(profiles, sandbox, policiesOf(segmentIds, await plan(sandbox)), ids);
  await evaluate(
    sandbox,
    page.map((snapshot, index) => ({
      profileId: snapshot.id,
      snapshot,
      scan: { ...scan, views: views[index] ?? NO_VIEWS },
    })),
  );
  const standings = await read(sandbox, page, clock.now());
  const counted = page.reduce((so, person, index) => {
    const memberships = standings[index]?.evaluated.memberships;
    const statuses = segmentIds.flatMap((segmentId) => memberships?.get(segmentId)?.status ?? []);
    return countPerson(so, person, statuses);
  }, run);
  const done = run.done + page.length;
  const knownTotal = (await jobs.round(sandbox))?.value.knownTotal ?? 0;
  const next: EvaluationRun = {
    ...counted,
    status: 'RUNNING',
    after: page.at(-1)?.id ?? run.after,
    done,
    total: Math.max(done, knownTotal),
  };
  if (page.length > 0) return next;
  return { ...close(next, 'COMPLETED', clock.now()), total: done };
}

function countPerson(
  run: EvaluationRun,
  { identities }: ProfileSnapshot,
  statuses: readonly ('REALIZED' | 'EXITED')[],
): EvaluationRun {
  const realized = statuses.filter((status) => status === 'REALIZED').length;
  if (statuses.length === 0) return run;
  const byNamespace: Record<string, number> = { ...run.byNamespace };
  if (realized > 0) {
    for (const namespace of new Set(identities.map((identity) => identity.namespace))) {
      byNamespace[namespace] = (byNamespace[namespace] ?? 0) + realized;
    }
  }
  return {
    ...run,
    realized: run.realized + realized,
    exited: run.exited + statuses.length - realized,
    byNamespace,
  };
}

function newRun(segmentIds: readonly string[], nowMs: number): EvaluationRun {
  return {
    kind: 'EVALUATION',
    segmentIds,
    status: 'PENDING',
    startedMs: nowMs,
    after: '',
    done: 0,
    total: 0,
    realized: 0,
    exited: 0,
    byNamespace: {},
    open: 1,
  };
}

function close({ open: _, ...run }: EvaluationRun, status: EvaluationRun['status'], nowMs: number): EvaluationRun {
  return { ...run, status, finishedMs: nowMs };
}

function checkPublished(segmentIds: readonly string[], plan: Plan): void {
  if (segmentIds.length === 0) {
    throw new AppError('BAD_USER_INPUT', 'ids: name at least one segment.', { details: { path: 'ids' } });
  }
  const unknown = segmentIds.filter((id) => plan.versionOf(id) === 0);
  if (unknown.length === 0) return;
  throw new AppError('NOT_FOUND', `There is no published segment ${unknown.join(', ')}.`, { details: { unknown } });
}
