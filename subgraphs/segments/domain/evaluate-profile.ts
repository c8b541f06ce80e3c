import type { Cause, ProfileChanged } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';
import { advance, applyChange, beginAnew, receiveImports } from './advance';
import { type Computed, findComputedUntil } from './computed';
import type { RuleState } from './engine/rule-set';
import { type Evaluated, type Imports, isCurrent, isStranger } from './evaluated';
import type { Plan } from './plan';
import { endProfile, rehydrate } from './rehydrate';
import { followedBy, type Step, stay, toStep } from './step';

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
  /** What `findLackingMs` asked for; `null`: it is not known any more, and what follows tells. */
  readonly computed?: ComputedAt | null | undefined;
  /** For who wants to know how it is now, and not how it came to it: no instant before is asked for. */
  readonly computedNow?: ComputedAt | undefined;
  readonly imported?: Imported | undefined;
  readonly scan?: Scan | undefined;
}

/** Computed attributes as of an instant. */
export interface ComputedAt extends Computed {
  readonly atMs: number;
}

/** Audiences from elsewhere that name one of the profile's identities. */
export interface Imported {
  readonly imports: Imports;
  /** True when these are all; else the profile may be in others. */
  readonly isWhole: boolean;
  /** What moves one that is new, or no more. */
  readonly causeOf: (audience: string) => Cause;
}

/** What a person looks like by some merge policies: several views where a policy joins no identities. */
export type PolicyViews = ReadonlyMap<string, readonly ProfileSnapshot[]>;

/** General rules that are asked now: they need the profile whole. */
export interface Scan {
  readonly segmentIds: readonly string[];
  readonly snapshot: ProfileSnapshot;
  /** By merge policy: the views that the rules of other policies than the default one are asked on. */
  readonly views: PolicyViews;
  /** What moves those whose answer changed; absent: the rules themselves, as they are new. */
  readonly by?: { readonly cause: Cause; readonly origin: string };
}

/**
 * Brings a profile's evaluation up to date with `news`, or as far as computed attributes are known (`findLackingMs`).
 * Changes the state that `before` holds in place.
 */
export function evaluateProfile(before: Evaluated, news: News, plan: Plan): Step {
  let step = stay(before);
  const go = (next: (evaluated: Evaluated) => Step): void => {
    step = followedBy(step, next);
  };
  const { untilMs, computed, computedNow, scan, nowMs } = news;
  if (computed !== undefined) go((evaluated) => takeComputed(evaluated, computed, plan));
  if (isLedUpTo(before, news, plan)) go((evaluated) => takeSnapshot(evaluated, news, plan));
  for (const change of news.changes) {
    if (findLackingMs(step.evaluated, news, plan) !== undefined) return step;
    go((evaluated) => takeChange(evaluated, change, news, plan));
  }
  go((evaluated) => takeSnapshot(evaluated, news, plan));
  go((evaluated) => takeImports(evaluated, news, plan));
  if (!isCurrent(step.evaluated, plan)) return step;
  if (computedNow) go((evaluated) => takeComputed(evaluated, computedNow, plan));
  if (findLackingMs(step.evaluated, news, plan) !== undefined) return step;
  if (untilMs !== undefined) go((evaluated) => advance(evaluated, untilMs, plan));
  if (scan) go((evaluated) => scanProfile(evaluated, scan, nowMs, plan));
  return step;
}

/**
 * The instant as of which computed attributes must be read before the evaluation can go on: time alone may have changed
 * them before the next change, or before the instant to be reached. `undefined` when they need not.
 */
export function findLackingMs(evaluated: Evaluated, news: News, plan: Plan): number | undefined {
  const { state, computedUntilMs, revision } = evaluated;
  if (computedUntilMs === undefined || !plan.readsComputed || news.computedNow) return undefined;
  if (!state || !isCurrent(evaluated, plan)) return undefined;
  const next = news.changes.find((change) => change.revision > revision);
  const toMs = news.scan ? news.nowMs : (news.untilMs ?? state.asOfMs);
  const reachedMs = next ? next.atMs : Math.max(toMs, state.asOfMs);
  return computedUntilMs <= reachedMs ? computedUntilMs : undefined;
}

/** True when the changes cannot be taken without reading the profile itself. */
export function needsSnapshot(before: Evaluated, changes: readonly ProfileChanged[], plan: Plan): boolean {
  let isHere = isCurrent(before, plan);
  let { revision } = before;
  for (const change of changes) {
    if (change.revision <= revision) continue;
    if (change.endedIn !== undefined) isHere = false;
    else if (isStranger(before) && isFirst(revision, change)) isHere = true;
    else if (!isHere || change.rebuilt || change.revision !== revision + 1) return true;
    revision = change.revision;
  }
  return false;
}

/** True when the changes go on from the snapshot, and not the snapshot from them. */
function isLedUpTo(before: Evaluated, { snapshot, snapshotAtMs, changes }: News, plan: Plan): boolean {
  if (!snapshot || snapshotAtMs === undefined || isCurrent(before, plan)) return false;
  return (changes.at(-1)?.revision ?? 0) > snapshot.revision;
}

function isFirst(revisionBefore: number, change: ProfileChanged): boolean {
  return revisionBefore === 0 && change.revision === 1 && !change.rebuilt;
}

function takeChange(evaluated: Evaluated, change: ProfileChanged, news: News, plan: Plan): Step {
  if (change.revision <= evaluated.revision) return stay(evaluated);
  const isNew = change.endedIn === undefined && isStranger(evaluated) && isFirst(evaluated.revision, change);
  if (isNew) return beginAnew(change, plan);
  // What fell due before it is told as what it was.
  return followedBy(advance(evaluated, change.atMs, plan), (waited) => {
    if (change.endedIn !== undefined) return endProfile(waited, change);
    const follows = change.revision === waited.revision + 1 && !change.rebuilt;
    if (follows && isCurrent(waited, plan)) return applyChange(waited, change, plan);
    return fromSnapshot(waited, news, change, plan);
  });
}

function takeSnapshot(evaluated: Evaluated, news: News, plan: Plan): Step {
  const { snapshot } = news;
  if (!snapshot || evaluated.ended) return stay(evaluated);
  if (isCurrent(evaluated, plan) && snapshot.revision <= evaluated.revision) return stay(evaluated);
  return fromSnapshot(evaluated, news, undefined, plan);
}

// A profile that is no more answers with none, or with the one that it became: its end is in the log.
function fromSnapshot(evaluated: Evaluated, news: News, trigger: ProfileChanged | undefined, plan: Plan): Step {
  const { snapshot, backfillSinceMs } = news;
  if (!snapshot || snapshot.revision < evaluated.revision) return stay(evaluated);
  const nowMs = trigger ? Math.max(trigger.atMs, plan.sinceMs) : (news.snapshotAtMs ?? news.nowMs);
  return rehydrate(evaluated, { snapshot, nowMs, trigger, backfillSinceMs }, plan);
}

function takeImports(evaluated: Evaluated, { imported, nowMs, changes }: News, plan: Plan): Step {
  if (evaluated.ended || (!imported && evaluated.imports.size === 0)) return stay(evaluated);
  const { imports, isWhole, causeOf } = imported ?? NOTHING;
  const all = new Map(isWhole ? imports : [...evaluated.imports, ...imports]);
  for (const id of all.keys()) if (plan.versionOf(id) === 0) all.delete(id);
  const atMs = changes.at(-1)?.atMs ?? nowMs;
  return receiveImports(evaluated, all, causeOf, atMs, `i${atMs}`, plan);
}

// What is no longer there at all was withdrawn.
const NOTHING: Imported = { imports: new Map(), isWhole: false, causeOf: () => ({ kind: 'RULE' }) };

function takeComputed(evaluated: Evaluated, computed: ComputedAt | null, plan: Plan): Step {
  if (!computed) return stay({ ...evaluated, computedUntilMs: undefined });
  const { atMs, computedAttributes } = computed;
  return followedBy(advance(evaluated, atMs, plan), (waited) => {
    const { state } = waited;
    if (!state) return stay(waited);
    const cause = { kind: 'TIME', reference: new Date(atMs).toISOString() } as const;
    const flips = plan.rules.apply(state, { cause, events: [], computedAttributes }, atMs);
    const computedUntilMs = findComputedUntil(state, computed, atMs, plan.rules);
    return toStep({ ...waited, computedUntilMs }, flips, (flip) => `t${flip.atMs}`, plan);
  });
}

function scanProfile(evaluated: Evaluated, scan: Scan, nowMs: number, plan: Plan): Step {
  const general = plan.rules.general.filter((id) => scan.segmentIds.includes(id));
  if (general.length === 0) return stay(evaluated);
  return followedBy(advance(evaluated, nowMs, plan), (waited) => {
    const { state } = waited;
    if (!state) return stay(waited);
    const flips = general.flatMap((id) => {
      const isMember = holdsInAnyView(id, scan, state, nowMs, plan);
      const isStill = isMember === plan.rules.isRealized(state, id);
      return isStill ? [] : plan.rules.setGiven(state, id, isMember, nowMs, scan.by?.cause ?? toRuleCause(id, plan));
    });
    return toStep(waited, flips, ({ segmentId }) => scan.by?.origin ?? `p${plan.movedAtMs(segmentId)}`, plan);
  });
}

function toRuleCause(segmentId: string, plan: Plan): Cause {
  return { kind: 'RULE', reference: `${segmentId}@${plan.versionOf(segmentId)}` };
}

/** Where a policy joins no identities, one of them that is in it is enough. */
function holdsInAnyView(id: string, { snapshot, views }: Scan, state: RuleState, nowMs: number, plan: Plan): boolean {
  const view = plan.viewOf(id);
  const people = view === undefined ? [snapshot] : (views.get(view) ?? []);
  return people.some((person) => plan.rules.evaluateGeneral(person, state, nowMs, [id]).get(id));
}
