import { advanceBackfill, type Backfill } from '../domain/job';
import type { Plan } from '../domain/plan';
import type { DueStore } from '../store/due-store';
import type { JobStore, Round } from '../store/job-store';
import { NO_VIEWS, policiesOf, readViews } from './read-views';
import { type ScreenDependencies, screenPeople, type Walk } from './screen-people';
import type { Task } from './task';

/** What bringing new rules to all people stands on. */
export interface BackfillDependencies extends ScreenDependencies {
  readonly jobs: JobStore;
  readonly due: DueStore;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly onDue: (sandbox: string, dueMs: number) => void;
}

const START: Round = { after: '', people: 0, knownTotal: 0 };

/** The next people of the round, for all backfills at once; false when there is none (S-6). */
export async function backfillStep(dependencies: BackfillDependencies, sandbox: string): Promise<boolean> {
  const { jobs, plan, due: dueStore, clock, onDue } = dependencies;
  const open = await jobs.open(sandbox, 'BACKFILL');
  if (open.length === 0) return false;
  const round = await jobs.round(sandbox);
  const { after, people, knownTotal } = round?.value ?? START;
  const rules = await plan(sandbox);
  const screening = rules.screeningSince(Math.min(...open.map(({ value }) => value.sinceMs)));
  const ids = open.map(({ value }) => value.segmentId);
  const walk = screening
    ? await screenPeople(dependencies, sandbox, rules, screening, after)
    : await evaluatePage(dependencies, sandbox, after, ids, rules);
  const met = people + walk.people;
  const next: Round =
    walk.to === undefined ? { after: '', people: 0, knownTotal: met } : { after: walk.to, people: met, knownTotal };
  const took = { from: after, to: walk.to, people: walk.people, knownTotal };
  const writes = open.map(({ id, version, value }) => jobs.put(id, advanceBackfill(value, took), version));
  const isOver = writes.every((write) => write.kind === 'put' && !(write.value as Backfill).open);
  const rest = isOver ? { ...next, after: '', people: 0 } : next;
  const listings = dueStore.list(walk.due, clock.now());
  await jobs.commit(sandbox, [...writes, ...listings, jobs.putRound(rest, round?.version ?? null)]);
  if (walk.due.length > 0) onDue(sandbox, Math.min(...walk.due.map(({ dueAtMs }) => dueAtMs)));
  return true;
}

/** Everyone is evaluated under all rules; those of `ids` that need a scan are asked with it. */
async function evaluatePage(
  { profiles, evaluate, pageSize }: BackfillDependencies,
  sandbox: string,
  after: string,
  ids: readonly string[],
  plan: Plan,
): Promise<Walk> {
  const page = await profiles.scan(sandbox, { ...(after && { after }), limit: pageSize });
  const segmentIds = plan.rules.general.filter((id) => ids.includes(id));
  const profileIds = page.map(({ id }) => id);
  const views = await readViews(profiles, sandbox, policiesOf(segmentIds, plan), profileIds);
  await evaluate(
    sandbox,
    page.map((snapshot, index): Task => {
      const scan = { segmentIds, views: views[index] ?? NO_VIEWS };
      return { profileId: snapshot.id, snapshot, ...(segmentIds.length > 0 && { scan }) };
    }),
  );
  return { people: page.length, to: page.at(-1)?.id, due: [] };
}
