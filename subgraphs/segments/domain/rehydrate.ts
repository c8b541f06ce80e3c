import type { ProfileChanged } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';
import { findComputedUntil } from './computed';
import type { RuleState } from './engine/rule-set';
import { type Evaluated, NEVER } from './evaluated';
import { applyTransitions, type Membership, type Transition } from './membership';
import type { Plan } from './plan';
import type { Step } from './step';

/** A change of the profile, as what moved its memberships. */
export type Trigger = Pick<ProfileChanged, 'revision' | 'atMs' | 'cause'>;

/** From what a profile is evaluated anew. */
export interface Rehydration {
  readonly snapshot: ProfileSnapshot;
  readonly nowMs: number;
  /** The change that called for it; absent: it is not known whether there was one. */
  readonly trigger?: Trigger | undefined;
  /** Since when rules are being brought to all people: one that is as new moves people by itself. Absent: none is. */
  readonly backfillSinceMs?: number | undefined;
}

/** The origin of a move whose cause is still to be found, by `traceTransitions`. */
export const UNTRACED = 'untraced';

/**
 * The profile evaluated from its snapshot, and what that moves: by a rule that is being backfilled, by the change that
 * called for it, or by what is not known here (origin UNTRACED).
 */
export function rehydrate(before: Evaluated, rehydration: Rehydration, plan: Plan): Step {
  const { snapshot, nowMs } = rehydration;
  const { imports } = before;
  const state = hydrateWhole(snapshot, nowMs, before, plan);
  const realized = new Set([...plan.rules.realized(state), ...imports.keys()]);
  const transitions: Transition[] = [];
  const move = (segmentId: string, status: Membership['status']): void => {
    transitions.push(toTransition(segmentId, status, before, rehydration, plan));
  };
  for (const [segmentId, { status }] of before.memberships) {
    if (status === 'REALIZED' && !realized.has(segmentId)) move(segmentId, 'EXITED');
  }
  for (const segmentId of realized) {
    if (before.memberships.get(segmentId)?.status !== 'REALIZED') move(segmentId, 'REALIZED');
  }
  const { fingerprint, sinceMs } = plan;
  const memberships = applyTransitions(before.memberships, transitions);
  const revision = Math.max(before.revision, snapshot.revision);
  const computedUntilMs = findComputedUntil(state, snapshot, nowMs, plan.rules);
  return {
    evaluated: {
      revision,
      fingerprint,
      planSinceMs: sinceMs,
      state,
      memberships,
      imports,
      computedUntilMs,
      ended: false,
    },
    transitions,
  };
}

/**
 * The state of a person read whole. Rules that need a scan are asked too, as the person is at hand; those of another view
 * stay as they were last found.
 */
function hydrateWhole(
  snapshot: ProfileSnapshot,
  nowMs: number,
  { memberships, imports }: Pick<Evaluated, 'memberships' | 'imports'>,
  { rules, viewOf }: Plan,
): RuleState {
  const found = rules.general.filter((id) => memberships.get(id)?.status === 'REALIZED');
  const state = rules.hydrate(snapshot, nowMs, [...imports.keys(), ...found]);
  for (const id of rules.general) {
    if (viewOf(id) !== undefined) continue;
    const isMember = rules.evaluateGeneral(snapshot, state, nowMs, [id]).get(id) ?? false;
    if (isMember !== rules.isRealized(state, id)) rules.setGiven(state, id, isMember, nowMs, { kind: 'RULE' });
  }
  return state;
}

/** The end of a profile: it leaves every segment, and nothing of its memberships is kept. */
export function endProfile(before: Evaluated, { revision, atMs, cause }: Trigger): Step {
  const transitions = [...before.memberships].flatMap(([segmentId, { status, version }]) =>
    status === 'REALIZED'
      ? [{ segmentId, status: 'EXITED' as const, atMs, version, cause, revision, origin: `r${revision}` }]
      : [],
  );
  const { state: _, ...rest } = before;
  return {
    evaluated: { ...rest, revision, memberships: new Map(), imports: new Map(), ended: true },
    transitions,
  };
}

/**
 * The transitions of a rehydration with the causes that the changes since `before` tell: a move is by a new rule when it
 * would have come without the changes since that rule.
 */
export function traceTransitions(
  transitions: readonly Transition[],
  { snapshot, nowMs }: Pick<Rehydration, 'snapshot' | 'nowMs'>,
  changes: readonly ProfileChanged[],
  plan: Plan,
): readonly Transition[] {
  let without: { readonly sinceMs: number; readonly realized: ReadonlySet<string> } | undefined;
  const realizedWithout = (since: readonly ProfileChanged[], sinceMs: number): ReadonlySet<string> => {
    if (without?.sinceMs !== sinceMs) {
      const keys = new Set(since.flatMap(({ events }) => events.map(({ key }) => key)));
      const person = { ...snapshot, events: snapshot.events.filter(({ key }) => !keys.has(key)) };
      without = { sinceMs, realized: new Set(plan.rules.realized(hydrateWhole(person, nowMs, NEVER, plan))) };
    }
    return without.realized;
  };
  const isByRule = ({ segmentId, status, atMs }: Transition, since: readonly ProfileChanged[]): boolean => {
    if (since[0]?.revision === 1 || since.some(({ attributes }) => attributes)) return false;
    return realizedWithout(since, atMs).has(segmentId) === (status === 'REALIZED');
  };
  return transitions.map((transition) => {
    const isUntraced = transition.origin === UNTRACED;
    if (!isUntraced && transition.cause.kind !== 'RULE') return transition;
    const before = changes.filter(({ revision }) => revision <= transition.revision);
    const since = isUntraced ? before : before.filter(({ atMs }) => atMs >= transition.atMs);
    const last = since.at(-1);
    if (!last) return isUntraced ? { ...transition, ...byRule(transition, plan.sinceMs) } : transition;
    if (!isUntraced && isByRule(transition, since)) return transition;
    return { ...transition, atMs: last.atMs, cause: last.cause, origin: `r${transition.revision}` };
  });
}

function toTransition(
  segmentId: string,
  status: Membership['status'],
  before: Evaluated,
  { snapshot: { revision }, nowMs, trigger, backfillSinceMs = Number.POSITIVE_INFINITY }: Rehydration,
  plan: Plan,
): Transition {
  const version = plan.versionOf(segmentId) || (before.memberships.get(segmentId)?.version ?? 0);
  const base = { segmentId, status, version, revision };
  const ended = plan.segments.get(segmentId)?.endedMs;
  if (ended !== undefined) return { ...base, ...byRule(base, ended) };
  const movedAtMs = plan.movedAtMs(segmentId);
  if (movedAtMs >= backfillSinceMs && movedAtMs > before.planSinceMs) {
    return { ...base, ...byRule(base, movedAtMs) };
  }
  if (!trigger) return { ...base, atMs: nowMs, cause: { kind: 'RECORD' }, origin: UNTRACED };
  return { ...base, atMs: trigger.atMs, cause: trigger.cause, origin: `r${trigger.revision}` };
}

function byRule(
  { segmentId, version }: Pick<Transition, 'segmentId' | 'version'>,
  atMs: number,
): Pick<Transition, 'atMs' | 'cause' | 'origin'> {
  return { atMs, cause: { kind: 'RULE', reference: `${segmentId}@${version}` }, origin: `p${atMs}` };
}
