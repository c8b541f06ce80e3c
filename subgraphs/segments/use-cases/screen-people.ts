import type { DispatchTraces } from '../../../flow/dispatch-traces';
import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { Plan } from '../domain/plan';
import type { Screening } from '../domain/screening';
import type { Sight } from '../domain/take-screened';
import type { Due } from '../store/due-store';
import type { MemberStore } from '../store/member-store';
import type { EvaluateProfiles } from './evaluate-profiles';
import type { Task } from './task';

/** What screening people stands on. */
export interface ScreenDependencies {
  readonly members: MemberStore;
  readonly profiles: ProfileReader;
  readonly evaluate: EvaluateProfiles;
  /** Which changes have come here. */
  readonly dispatch: Pick<DispatchTraces, 'unhandled'>;
  readonly clock: Clock;
  /** How many people are evaluated at once. */
  readonly pageSize: number;
  /** How many are read and looked at together. */
  readonly screenSize: number;
}

/** Where the round went: `to` is absent at the end of all people. */
export interface Walk {
  readonly people: number;
  readonly to: string | undefined;
  /** Those whom time may move by the new rules. */
  readonly due: readonly Due[];
}

/** Somebody whom new rules seem to move. */
interface Found extends Pick<Sight, 'revision' | 'realized'> {
  readonly profileId: string;
}

// How far the round came is written down after so many pages, or so many moves: whoever works holds that duty for seconds.
const PAGES_A_STEP = 16;
const MOVES_A_STEP = 1_024;

/** Those alone are evaluated whom the new rules move; the next page is read meanwhile. */
export async function screenPeople(
  dependencies: ScreenDependencies,
  sandbox: string,
  plan: Plan,
  screening: Screening,
  after: string,
): Promise<Walk> {
  const { profiles, pageSize, screenSize: limit } = dependencies;
  const { readsEvents: events, readsComputed: computed } = screening;
  const read = (last: string) =>
    profiles.scan(sandbox, { ...(last && { after: last }), limit, events, computed, identities: false });
  const due: Due[] = [];
  let moved: Found[] = [];
  let people = 0;
  let moves = 0;
  let last = after;
  let pending = ahead(read(last));
  let evaluating = Promise.resolve();
  for (let pages = 1; ; pages += 1) {
    const page = await pending;
    const to = page.at(-1)?.id;
    const isLast = to === undefined || pages === PAGES_A_STEP || moves >= MOVES_A_STEP;
    if (!isLast) pending = ahead(read(to));
    const found = await screenPage(dependencies, sandbox, plan, screening, page, last);
    due.push(...found.due);
    moved.push(...found.moved);
    people += page.length;
    moves += found.moved.length;
    last = to ?? last;
    if (isLast || moved.length >= pageSize) {
      const tasks = await toTasks(dependencies, sandbox, plan, screening, moved);
      moved = [];
      await evaluating;
      evaluating = ahead(evaluateAll(dependencies, sandbox, tasks));
    }
    if (!isLast) continue;
    await evaluating;
    return { people, to, due };
  }
}

// A few at a time: what is live takes turns with them.
async function evaluateAll(
  { evaluate, pageSize }: ScreenDependencies,
  sandbox: string,
  tasks: readonly Task[],
): Promise<void> {
  for (let from = 0; from < tasks.length; from += pageSize) await evaluate(sandbox, tasks.slice(from, from + pageSize));
}

/** Work that goes on meanwhile: its failure is met where it is awaited, unless another came first. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

async function screenPage(
  { members, clock }: ScreenDependencies,
  sandbox: string,
  plan: Plan,
  { segmentIds, screen, readsComputed }: Screening,
  page: readonly ProfileSnapshot[],
  after: string,
): Promise<{ readonly moved: readonly Found[]; readonly due: readonly Due[] }> {
  const upTo = page.at(-1)?.id;
  if (upTo === undefined) return { moved: [], due: [] };
  const present = await Promise.all(segmentIds.map((id) => members.between(sandbox, id, { after, upTo })));
  // As of the newest rule, so that what time did since then is told as such; computed attributes are as of now.
  const atMs = readsComputed ? clock.now() : plan.sinceMs;
  const moved: Found[] = [];
  const due: Due[] = [];
  for (const person of page) {
    const { id: profileId, revision } = person;
    const { realized, dueMs } = screen(person, atMs);
    const isMoved = segmentIds.some((id, index) => realized.has(id) !== present[index]?.has(profileId));
    if (isMoved) moved.push({ profileId, revision, realized });
    if (dueMs !== undefined) due.push({ profileId, dueAtMs: dueMs });
  }
  return { moved, due };
}

/**
 * What was seen suffices where all changes up to there were evaluated before, and the new rules ask for no others: they move
 * nobody then but by themselves.
 */
async function toTasks(
  { dispatch }: ScreenDependencies,
  sandbox: string,
  { fingerprint }: Plan,
  { segmentIds, readsComputed, asksOthers }: Screening,
  moved: readonly Found[],
): Promise<readonly Task[]> {
  const changing = moved.length > 0 && !readsComputed && !asksOthers ? await dispatch.unhandled(sandbox) : undefined;
  return moved.map(({ profileId, revision, realized }): Task => {
    if (!changing || changing.has(profileId)) return { profileId };
    return { profileId, sight: { revision, realized, segmentIds, fingerprint } };
  });
}
