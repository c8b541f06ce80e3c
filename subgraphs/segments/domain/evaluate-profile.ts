import type { Cause, ProfileChanged } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';
import { advance, applyChange, beginAnew, type Evaluated, isCurrent, type Step, toStep } from './evaluated';
import type { Plan } from './plan';
import { endProfile, rehydrate, type Trigger } from './rehydrate';

/** What is known about a profile that its evaluation has not seen. */
export interface News {
  /** In order of revision; those that were seen are passed over. */
  readonly changes: readonly ProfileChanged[];
  /** The profile as it is, where the changes alone do not lead there. */
  readonly snapshot?: ProfileSnapshot | undefined;
  /** Up to when time has its effect. Absent: up to the last change. */
  readonly untilMs?: number | undefined;
  /** The instant of an evaluation that no change called for. */
  readonly nowMs: number;
  /** The instant of the snapshot's evaluation, where it is known; what time moved since then follows. */
  readonly snapshotAtMs?: number | undefined;
  readonly backfillSinceMs?: number | undefined;
  readonly scan?: Scan | undefined;
}

/** General rules that are asked now: they need the profile whole. */
export interface Scan {
  readonly segmentIds: readonly string[];
  readonly snapshot: ProfileSnapshot;
  /** What moves those whose answer changed. */
  readonly cause: Cause;
  readonly origin: string;
}

/** Brings a profile's evaluation up to date with `news`. Changes the state that `before` holds in place. */
export function evaluateProfile(before: Evaluated, news: News, plan: Plan): Step {
  let { evaluated, transitions }: Step = { evaluated: before, transitions: [] };
  const go = (step: Step): void => {
    evaluated = step.evaluated;
    transitions = transitions.length === 0 ? step.transitions : [...transitions, ...step.transitions];
  };
  for (const change of news.changes) {
    if (change.revision > evaluated.revision) go(takeChange(evaluated, change, news, plan));
  }
  if (isSnapshotNews(evaluated, news, plan)) go(fromSnapshot(evaluated, news, undefined, plan));
  if (news.untilMs !== undefined && isCurrent(evaluated, plan)) go(advance(evaluated, news.untilMs, plan));
  if (news.scan && isCurrent(evaluated, plan)) go(scanProfile(evaluated, news.scan, news.nowMs, plan));
  return { evaluated, transitions };
}

/** True when the changes cannot be taken without reading the profile itself. */
export function needsSnapshot(before: Evaluated, changes: readonly ProfileChanged[], plan: Plan): boolean {
  let isHere = isCurrent(before, plan);
  let { revision } = before;
  for (const change of changes) {
    if (change.revision <= revision) continue;
    if (change.endedIn !== undefined) isHere = false;
    else if (isFirst(revision, change)) isHere = true;
    else if (!isHere || change.rebuilt || change.revision !== revision + 1) return true;
    revision = change.revision;
  }
  return false;
}

function isFirst(revisionBefore: number, change: ProfileChanged): boolean {
  return revisionBefore === 0 && change.revision === 1 && !change.rebuilt;
}

function takeChange(evaluated: Evaluated, change: ProfileChanged, news: News, plan: Plan): Step {
  if (change.endedIn !== undefined) return endProfile(evaluated, change);
  if (isFirst(evaluated.revision, change)) return beginAnew(change, plan);
  const follows = change.revision === evaluated.revision + 1 && !change.rebuilt;
  if (follows && isCurrent(evaluated, plan)) return applyChange(evaluated, change, plan);
  return fromSnapshot(evaluated, news, change, plan);
}

function isSnapshotNews(evaluated: Evaluated, { snapshot }: News, plan: Plan): boolean {
  if (!snapshot || evaluated.ended) return false;
  return !isCurrent(evaluated, plan) || snapshot.revision > evaluated.revision;
}

// A profile that is no more answers with none, or with the one that it became: its end is in the log.
function fromSnapshot(evaluated: Evaluated, news: News, change: ProfileChanged | undefined, plan: Plan): Step {
  const { snapshot, backfillSinceMs } = news;
  if (!snapshot || snapshot.revision < evaluated.revision) return { evaluated, transitions: [] };
  const nowMs = change ? Math.max(change.atMs, plan.sinceMs) : (news.snapshotAtMs ?? news.nowMs);
  const trigger: Trigger | undefined = change;
  return rehydrate(
    evaluated,
    { snapshot, nowMs, ...(trigger && { trigger }), ...(backfillSinceMs !== undefined && { backfillSinceMs }) },
    plan,
  );
}

function scanProfile(before: Evaluated, scan: Scan, nowMs: number, plan: Plan): Step {
  const { state } = before;
  const general = plan.rules.general.filter((id) => scan.segmentIds.includes(id));
  if (!state || general.length === 0) return { evaluated: before, transitions: [] };
  const waited = advance(before, nowMs, plan);
  const answers = plan.rules.evaluateGeneral(scan.snapshot, state, nowMs, general);
  const flips = [...answers].flatMap(([id, isMember]) =>
    isMember === plan.rules.isRealized(state, id) ? [] : plan.rules.setGiven(state, id, isMember, nowMs, scan.cause),
  );
  const scanned = toStep(waited.evaluated, flips, () => scan.origin, plan);
  return { evaluated: scanned.evaluated, transitions: [...waited.transitions, ...scanned.transitions] };
}
