import type { Clock } from '../../../platform/clock';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Store, Write } from '../../../platform/store/store';
import { findDueMs } from '../domain/evaluated';
import { type MembershipStatus, type Transition, toAnnouncement, transitionId } from '../domain/membership';
import type { Plan } from '../domain/plan';
import { addCounts, type Counts, type CountsStore } from '../store/counts-store';
import type { Due, DueStore } from '../store/due-store';
import type { MemberStore } from '../store/member-store';
import type { Known, StateStore } from '../store/state-store';
import { MEMBERSHIP_CHANGED } from './qualification-tail';

/** One profile before and after its evaluation, and what that moved. */
export interface Evaluation {
  readonly before: Known;
  readonly after: Known;
  readonly transitions: readonly Transition[];
  /** Up to when it was looked at because it was listed. */
  readonly reachedMs: number | undefined;
}

/** What a commit of evaluations stands on. */
export interface CommitDependencies {
  readonly store: Store;
  readonly states: StateStore;
  readonly members: MemberStore;
  readonly counts: CountsStore;
  readonly due: DueStore;
  readonly clock: Clock;
  readonly onDue: (sandbox: string, dueMs: number) => void;
}

const MOST_EVICTED = 256;

/** Commits what moved, with its announcements, and lists those whom time may move next. The rest is remembered alone. */
export async function commitEvaluations(
  dependencies: CommitDependencies,
  sandbox: string,
  partition: number,
  evaluations: readonly Evaluation[],
  plan: Plan,
): Promise<void> {
  const { store, states, due, clock, onDue } = dependencies;
  const nowMs = clock.now();
  const listed = evaluations.flatMap((evaluation) => toBeListed(evaluation, plan));
  const all = withListings(evaluations, listed);
  const moved = all.filter(isWorthStoring);
  const own = new Set(moved.map(({ after }) => after.profileId));
  const evicted = states.takeEvicted(sandbox).filter(({ profileId }) => !own.has(profileId));
  const isToBeWritten = listed.length > 0 || moved.length > 0 || evicted.length >= MOST_EVICTED;
  const stored = isToBeWritten
    ? [...moved.map(({ after }) => after), ...evicted].map((known) => states.write(known, plan))
    : [];
  const writes = [
    ...stored.map(({ write }) => write),
    ...due.list(listed, nowMs),
    ...(await memberWrites(dependencies, sandbox, partition, moved)),
  ];
  if (writes.length > 0) await store.commit({ sandbox, writes, entries: toEntries(moved, nowMs) });
  const still = all.filter(({ after }) => !own.has(after.profileId)).map(({ after }) => after);
  states.remember(sandbox, [...still, ...stored.map(({ known }) => known)]);
  if (listed.length > 0) onDue(sandbox, Math.min(...listed.map(({ dueAtMs }) => dueAtMs)));
}

// What else changed can be had again: from the changes after the stored revision, or from the profile itself.
function isWorthStoring({ before, after, transitions }: Evaluation): boolean {
  const [was, is] = [before.evaluated, after.evaluated];
  return transitions.length > 0 || is.ended !== was.ended || is.imports !== was.imports;
}

/** Who may move before the instant that they are listed for, or was just looked at because they were listed. */
function toBeListed({ after, reachedMs }: Evaluation, plan: Plan): readonly Due[] {
  const dueAtMs = findDueMs(after.evaluated, plan);
  if (dueAtMs === undefined) return [];
  const { listedMs = Number.POSITIVE_INFINITY, profileId } = after;
  return reachedMs !== undefined || dueAtMs < listedMs ? [{ profileId, dueAtMs }] : [];
}

function withListings(evaluations: readonly Evaluation[], listed: readonly Due[]): readonly Evaluation[] {
  const dueAtMs = new Map(listed.map((due) => [due.profileId, due.dueAtMs]));
  return evaluations.map((evaluation) => {
    const { after, reachedMs } = evaluation;
    const now = dueAtMs.get(after.profileId) ?? (reachedMs === undefined ? after.listedMs : undefined);
    if (now === after.listedMs) return evaluation;
    const { listedMs: _, ...rest } = after;
    return { ...evaluation, after: { ...rest, ...(now !== undefined && { listedMs: now }) } };
  });
}

async function memberWrites(
  { members, counts }: CommitDependencies,
  sandbox: string,
  partition: number,
  moved: readonly Evaluation[],
): Promise<readonly Write[]> {
  if (moved.length === 0) return [];
  const loaded = await counts.load(sandbox, partition);
  const counted = counts.write(partition, loaded, moved.map(countChanges).reduce(addCounts));
  return [counted, ...moved.flatMap((evaluation) => rowWrites(members, evaluation))];
}

function rowWrites(members: MemberStore, { before, after, transitions }: Evaluation): readonly Write[] {
  const { profileId, evaluated } = after;
  return segmentsMoved(transitions).flatMap((segmentId) => {
    const membership = evaluated.memberships.get(segmentId);
    if (membership?.status === 'REALIZED') {
      const { status: _, ...rest } = membership;
      return [members.add(segmentId, { ...rest, profileId, revision: evaluated.revision })];
    }
    const wasThere = before.evaluated.memberships.get(segmentId)?.status === 'REALIZED';
    return wasThere ? [members.remove(segmentId, profileId)] : [];
  });
}

function segmentsMoved(transitions: readonly Transition[]): readonly string[] {
  const ids = transitions.map(({ segmentId }) => segmentId);
  return ids.length > 1 ? [...new Set(ids)] : ids;
}

function countChanges({ before, after, transitions }: Evaluation): Counts {
  // Of one that is no more, nothing is counted.
  const segmentIds = after.evaluated.ended ? [...before.evaluated.memberships.keys()] : segmentsMoved(transitions);
  const count = ({ evaluated }: Known, id: string, status: MembershipStatus): number =>
    evaluated.memberships.get(id)?.status === status ? 1 : 0;
  const change = (id: string, status: MembershipStatus): number => count(after, id, status) - count(before, id, status);
  return Object.fromEntries(segmentIds.map((id) => [id, [change(id, 'REALIZED'), change(id, 'EXITED')]]));
}

/** Announcements in the order of their instants, and of one profile as they came. */
function toEntries(moved: readonly Evaluation[], nowMs: number): readonly NewLogEntry[] {
  const entries = moved.flatMap(({ after: { profileId }, transitions }) => {
    let order = Number.NEGATIVE_INFINITY;
    return transitions.map((transition) => {
      order = Math.max(order, transition.atMs);
      const body = toAnnouncement(profileId, transition);
      const id = transitionId(profileId, transition);
      return { order, entry: { stream: MEMBERSHIP_CHANGED, key: profileId, id, at: nowMs, body } };
    });
  });
  return entries.sort((a, b) => a.order - b.order).map(({ entry }) => entry);
}
