import type { ProfileChanged } from '../../../flow/events';
import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Store, Write } from '../../../platform/store/store';
import { evaluateProfile, type News, needsSnapshot, type Scan } from '../domain/evaluate-profile';
import { isCurrent } from '../domain/evaluated';
import { applyTransitions, type Transition, toAnnouncement, transitionId } from '../domain/membership';
import type { Plan } from '../domain/plan';
import { traceTransitions, UNTRACED } from '../domain/rehydrate';
import { addCounts, type Counts, type CountsStore } from '../store/counts-store';
import type { MemberStore } from '../store/member-store';
import { dueMsOf, type Known, type StateStore } from '../store/state-store';
import { createTurns } from '../store/turns';
import { MEMBERSHIP_CHANGED } from './qualification-tail';

/** One profile to be brought up to date. Each at most once in a call. */
export interface Task {
  readonly profileId: string;
  /** Changes that were delivered, in order. Absent: whatever the profile subgraph has. */
  readonly changes?: readonly ProfileChanged[];
  /** The profile as it was just read. */
  readonly snapshot?: ProfileSnapshot;
  /** Up to when time has its effect; absent: up to the last change. */
  readonly untilMs?: number;
  /** General rules to be asked of `snapshot`. */
  readonly scan?: Pick<Scan, 'segmentIds' | 'cause' | 'origin'>;
}

/** What evaluation stands on. */
export interface EvaluationDependencies {
  readonly store: Store;
  readonly states: StateStore;
  readonly members: MemberStore;
  readonly counts: CountsStore;
  readonly profiles: ProfileReader;
  readonly clock: Clock;
  /** The rules as of now. */
  readonly plan: (sandbox: string) => Promise<Plan>;
  /** Since when rules are being brought to all people; `undefined` when none is. */
  readonly backfillSinceMs: (sandbox: string) => Promise<number | undefined>;
  /** Told of the earliest instant at which an evaluation that was just stored may change by itself. */
  readonly onDue: (sandbox: string, dueMs: number) => void;
}

/**
 * Evaluates profiles and commits what moved, with its announcements, as one step. Idempotent: what was evaluated before
 * moves nothing. Steps of one partition follow one another in this process; against others the store's versions decide.
 */
export type EvaluateProfiles = (sandbox: string, tasks: readonly Task[]) => Promise<void>;

const TRIES = 20;

/** The one way in which stored memberships change. */
export function createEvaluateProfiles(dependencies: EvaluationDependencies): EvaluateProfiles {
  const { store, states } = dependencies;
  const turns = createTurns();
  const step = async (sandbox: string, partition: number, tasks: readonly Task[]): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await evaluateOnce(dependencies, sandbox, partition, tasks);
      } catch (error) {
        states.forget(
          sandbox,
          tasks.map(({ profileId }) => profileId),
        );
        if (tries >= TRIES || !isAppError(error, 'CONFLICT')) throw error;
      }
    }
  };
  return async (sandbox, tasks) => {
    const byPartition = new Map<number, Task[]>();
    for (const task of tasks) {
      const partition = store.log.partitionOf(task.profileId);
      const ofOne = byPartition.get(partition) ?? [];
      byPartition.set(partition, ofOne);
      ofOne.push(task);
    }
    await Promise.all(
      [...byPartition].map(([partition, ofOne]) =>
        turns.run(`${sandbox}|${partition}`, () => step(sandbox, partition, ofOne)),
      ),
    );
  };
}

interface Result {
  readonly before: Known;
  readonly after: Known;
  readonly transitions: readonly Transition[];
  readonly reachedMs: number | undefined;
  readonly news: News | undefined;
}

async function evaluateOnce(
  dependencies: EvaluationDependencies,
  sandbox: string,
  partition: number,
  tasks: readonly Task[],
): Promise<void> {
  const { states } = dependencies;
  const plan = await dependencies.plan(sandbox);
  const ids = tasks.map(({ profileId }) => profileId);
  const known = await states.load(sandbox, ids, plan);
  const news = await gatherNews(dependencies, sandbox, tasks, known, plan);
  const evaluated = known.map((before, index): Result => {
    const own = news[index];
    const reachedMs = tasks[index]?.untilMs;
    const step = own && evaluateProfile(before.evaluated, own, plan);
    if (!step || step.evaluated === before.evaluated) {
      return { before, after: before, transitions: [], reachedMs, news: own };
    }
    const after = { ...before, evaluated: step.evaluated };
    return { before, after, transitions: step.transitions, reachedMs, news: own };
  });
  // In the same breath, so that nobody sees a state that was changed under an evaluation from before it.
  states.remember(
    sandbox,
    evaluated.map(({ after }) => after),
  );
  const results = await traceAll(dependencies, sandbox, evaluated, plan);
  await commit(dependencies, sandbox, partition, results, plan);
}

async function gatherNews(
  { profiles, clock, backfillSinceMs: readBackfillSinceMs }: EvaluationDependencies,
  sandbox: string,
  tasks: readonly Task[],
  known: readonly Known[],
  plan: Plan,
): Promise<readonly News[]> {
  const nowMs = clock.now();
  const changes = await Promise.all(
    tasks.map((task, index) => changesFor(profiles, sandbox, task, known[index], plan)),
  );
  const asked = tasks.filter((task, index) => asksSnapshot(task, known[index], changes[index], plan));
  const found = await readSnapshots(
    profiles,
    sandbox,
    asked.map(({ profileId }) => profileId),
  );
  const isAnew = asked.length > 0 || tasks.some(({ snapshot }) => snapshot);
  const backfillSinceMs = isAnew ? await readBackfillSinceMs(sandbox) : undefined;
  return tasks.map(({ profileId, snapshot: given, untilMs, scan }, index) => {
    const before = known[index]?.evaluated;
    const snapshot = found.get(profileId) ?? (before && isCurrent(before, plan) ? undefined : given);
    const whole = found.get(profileId) ?? given;
    return {
      changes: changes[index] ?? [],
      snapshot,
      untilMs,
      nowMs,
      backfillSinceMs,
      scan: scan && whole && { ...scan, snapshot: whole },
    };
  });
}

/** The changes that lead on from what is known; those delivered, unless some before them are missing. */
async function changesFor(
  profiles: ProfileReader,
  sandbox: string,
  { profileId, changes: delivered, snapshot }: Task,
  known: Known | undefined,
  plan: Plan,
): Promise<readonly ProfileChanged[] | undefined> {
  if (!known || !isCurrent(known.evaluated, plan)) return delivered;
  const { revision } = known.evaluated;
  if (delivered) {
    const next = delivered.find((change) => change.revision > revision);
    if (!next || next.revision === revision + 1) return delivered;
  } else if (snapshot) return undefined;
  return (await profiles.changes(sandbox, { id: profileId, revision })) ?? delivered;
}

function asksSnapshot(
  task: Task,
  known: Known | undefined,
  changes: readonly ProfileChanged[] | undefined,
  plan: Plan,
): boolean {
  if (!known) return false;
  if (changes) return needsSnapshot(known.evaluated, changes, plan);
  if (known.evaluated.ended) return false;
  const { snapshot } = task;
  if (isCurrent(known.evaluated, plan)) return !snapshot;
  return !snapshot || snapshot.revision < known.evaluated.revision;
}

async function readSnapshots(
  profiles: ProfileReader,
  sandbox: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ProfileSnapshot>> {
  if (ids.length === 0) return new Map();
  const found = await profiles.getMany(sandbox, ids, { events: true });
  // The id of one that was merged away finds the one that it became part of: that one is not asked here.
  return new Map(found.flatMap((snapshot) => (snapshot ? [[snapshot.id, snapshot]] : [])));
}

/** Finds the changes behind what a snapshot showed. */
async function traceAll(
  { profiles }: EvaluationDependencies,
  sandbox: string,
  results: readonly Result[],
  plan: Plan,
): Promise<readonly Result[]> {
  return Promise.all(
    results.map(async (result) => {
      const { before, after, transitions, news } = result;
      const { snapshot, nowMs } = news ?? {};
      if (!snapshot || nowMs === undefined || !transitions.some(isToBeTraced)) return result;
      const { revision } = before.evaluated;
      const changes = (await profiles.changes(sandbox, { id: before.profileId, revision })) ?? [];
      const seen = changes.filter((change) => change.revision <= after.evaluated.revision);
      const traced = traceTransitions(transitions, { snapshot, nowMs }, seen, plan);
      const memberships = applyTransitions(after.evaluated.memberships, traced);
      return { ...result, after: { ...after, evaluated: { ...after.evaluated, memberships } }, transitions: traced };
    }),
  );
}

function isToBeTraced({ origin, cause }: Transition): boolean {
  return origin === UNTRACED || cause.kind === 'RULE';
}

async function commit(
  dependencies: EvaluationDependencies,
  sandbox: string,
  partition: number,
  results: readonly Result[],
  plan: Plan,
): Promise<void> {
  const { store, states, members, counts, clock, onDue } = dependencies;
  const worthIt = results.filter((result) => isWorthACommit(result, plan));
  const evicted = states.takeEvicted(sandbox);
  if (worthIt.length === 0 && evicted.length < MOST_EVICTED) return;
  const moved = worthIt.filter(({ transitions }) => transitions.length > 0);
  const stored = worthIt.map(({ after, reachedMs }) => states.write(after, plan, reachedMs));
  const own = new Set(worthIt.map(({ after }) => after.profileId));
  const storedToo = evicted.filter(({ profileId }) => !own.has(profileId)).map((known) => states.write(known, plan));
  const writes: Write[] = [...stored, ...storedToo].map(({ write }) => write);
  if (moved.length > 0) {
    writes.push(...moved.flatMap((result) => memberWrites(members, result)));
    const loaded = await counts.load(sandbox, partition);
    writes.push(counts.write(partition, loaded, moved.map(countChanges).reduce(addCounts)));
  }
  await store.commit({ sandbox, writes, entries: toEntries(moved, clock.now()) });
  states.remember(
    sandbox,
    [...stored, ...storedToo].map(({ known }) => known),
  );
  const dueMs = stored.reduce(
    (least, { known }) => Math.min(least, known.storedDueMs ?? least),
    Number.POSITIVE_INFINITY,
  );
  if (Number.isFinite(dueMs)) onDue(sandbox, dueMs);
}

const MOST_EVICTED = 256;

// What else changed can be had again: from the changes after the stored revision, or from the profile itself.
function isWorthACommit({ before, after, transitions, reachedMs }: Result, plan: Plan): boolean {
  if (transitions.length > 0 || after.evaluated.ended !== before.evaluated.ended) return true;
  const dueMs = dueMsOf(after, plan) ?? Number.POSITIVE_INFINITY;
  const { storedDueMs = Number.POSITIVE_INFINITY } = after;
  return dueMs < storedDueMs || storedDueMs <= (reachedMs ?? Number.NEGATIVE_INFINITY);
}

function memberWrites(members: MemberStore, { before, after, transitions }: Result): readonly Write[] {
  const { profileId, evaluated } = after;
  return [...new Set(transitions.map(({ segmentId }) => segmentId))].flatMap((segmentId) => {
    const membership = evaluated.memberships.get(segmentId);
    if (membership?.status === 'REALIZED') {
      const { status: _, ...rest } = membership;
      return [members.add(segmentId, { ...rest, profileId, revision: evaluated.revision })];
    }
    const wasThere = before.evaluated.memberships.get(segmentId)?.status === 'REALIZED';
    return wasThere ? [members.remove(segmentId, profileId)] : [];
  });
}

function countChanges({ before, after }: Result): Counts {
  const changes: Record<string, readonly [number, number]> = {};
  const add = (known: Known, sign: 1 | -1): void => {
    for (const [segmentId, { status }] of known.evaluated.memberships) {
      const [realized, exited] = changes[segmentId] ?? [0, 0];
      changes[segmentId] = status === 'REALIZED' ? [realized + sign, exited] : [realized, exited + sign];
    }
  };
  add(before, -1);
  add(after, 1);
  return changes;
}

/** Announcements in the order of their instants, and of one profile as they came. */
function toEntries(results: readonly Result[], nowMs: number): readonly NewLogEntry[] {
  const entries = results.flatMap(({ after: { profileId }, transitions }) => {
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
