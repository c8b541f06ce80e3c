import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { advanceBackfill, type Backfill } from '../domain/job';
import type { Plan } from '../domain/plan';
import type { Screening } from '../domain/screening';
import type { Due, DueStore } from '../store/due-store';
import type { JobStore, Round } from '../store/job-store';
import type { MemberStore } from '../store/member-store';
import type { EvaluateProfiles } from './evaluate-profiles';
import { NO_VIEWS, policiesOf, readViews } from './read-views';
import type { Task } from './task';

/** What bringing new rules to all people stands on. */
export interface BackfillDependencies {
  readonly jobs: JobStore;
  readonly members: MemberStore;
  readonly profiles: ProfileReader;
  readonly due: DueStore;
  readonly evaluate: EvaluateProfiles;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly clock: Clock;
  /** How many people are read, and evaluated, at once. */
  readonly pageSize: number;
  readonly onDue: (sandbox: string, dueMs: number) => void;
}

/** Where the round went: `to` is absent at the end of all people. */
interface Walk {
  readonly people: number;
  readonly to: string | undefined;
  /** Those whom time may move by the new rules. */
  readonly due: readonly Due[];
}

const START: Round = { after: '', people: 0, knownTotal: 0 };
// How far the round came is written down after so many pages.
const PAGES_A_STEP = 16;

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
    ? await screenPeople(dependencies, sandbox, screening, after)
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

/** Those alone are evaluated whom the new rules move; the next page is read meanwhile. */
async function screenPeople(
  dependencies: BackfillDependencies,
  sandbox: string,
  screening: Screening,
  after: string,
): Promise<Walk> {
  const { profiles, evaluate, pageSize: limit } = dependencies;
  const { readsEvents: events, readsComputed: computed } = screening;
  const read = (last: string) => profiles.scan(sandbox, { ...(last && { after: last }), limit, events, computed });
  const due: Due[] = [];
  let moved: Task[] = [];
  let people = 0;
  let last = after;
  let pending = ahead(read(last));
  let evaluating = Promise.resolve();
  for (let pages = 1; ; pages += 1) {
    const page = await pending;
    const to = page.at(-1)?.id;
    const isLast = to === undefined || pages === PAGES_A_STEP;
    if (!isLast) pending = ahead(read(to));
    const found = await screenPage(dependencies, sandbox, screening, page, last);
    due.push(...found.due);
    moved.push(...found.moved);
    people += page.length;
    last = to ?? last;
    if (isLast || moved.length >= limit) {
      const tasks = moved;
      moved = [];
      await evaluating;
      evaluating = ahead(evaluate(sandbox, tasks));
    }
    if (!isLast) continue;
    await evaluating;
    return { people, to, due };
  }
}

/** Work that goes on meanwhile: its failure is met where it is awaited, unless another came first. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

async function screenPage(
  { members, clock }: BackfillDependencies,
  sandbox: string,
  { segmentIds, screen }: Screening,
  page: readonly ProfileSnapshot[],
  after: string,
): Promise<{ readonly moved: readonly Task[]; readonly due: readonly Due[] }> {
  const upTo = page.at(-1)?.id;
  if (upTo === undefined) return { moved: [], due: [] };
  const present = await Promise.all(segmentIds.map((id) => members.between(sandbox, id, { after, upTo })));
  const nowMs = clock.now();
  const moved: Task[] = [];
  const due: Due[] = [];
  for (const person of page) {
    const { realized, dueMs } = screen(person, nowMs);
    const isMoved = segmentIds.some((id, index) => realized.has(id) !== present[index]?.has(person.id));
    if (isMoved) moved.push({ profileId: person.id });
    else if (dueMs !== undefined) due.push({ profileId: person.id, dueAtMs: dueMs });
  }
  return { moved, due };
}
