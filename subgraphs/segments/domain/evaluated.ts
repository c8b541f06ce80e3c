import type { ProfileChanged } from '../../../flow/events';
import type { Flip, Person, RuleState } from './engine/rule-set';
import { applyTransitions, type Memberships, type Transition } from './membership';
import type { Plan } from './plan';

/** What is known of one profile: how far it was evaluated, under which plan, and where it stands. */
export interface Evaluated {
  /** The last revision that was evaluated; 0: none. */
  readonly revision: number;
  /** Names the rules that `state` belongs to. */
  readonly fingerprint: string;
  /** When the newest of those rules was published. */
  readonly planSinceMs: number;
  /** Absent: to be made from a snapshot. Changed in place by what evaluates it further. */
  readonly state?: RuleState;
  readonly memberships: Memberships;
  /** True when the profile is no more. */
  readonly ended: boolean;
}

/** An evaluation further on, and the moves that it brought. */
export interface Step {
  readonly evaluated: Evaluated;
  readonly transitions: readonly Transition[];
}

const NOBODY: Person = { attributes: {}, events: [] };

/** A profile that was never evaluated. */
export const NEVER: Evaluated = { revision: 0, fingerprint: '', planSinceMs: 0, memberships: new Map(), ended: false };

/** True when `state` can be evaluated further under `plan` by the change after `revision`. */
export function isCurrent(evaluated: Evaluated, plan: Plan): boolean {
  return evaluated.state !== undefined && evaluated.fingerprint === plan.fingerprint;
}

/** A profile with its first change: what holds for it then, also what holds for everyone, comes of that change. */
export function beginAnew(change: ProfileChanged, plan: Plan): Step {
  const { fingerprint, sinceMs, rules } = plan;
  const { revision, atMs } = change;
  const state = rules.hydrate(NOBODY, atMs);
  const causes = new Map(rules.apply(state, change, atMs).map(({ segmentId, cause }) => [segmentId, cause]));
  const flips = rules.realized(state).map((segmentId): Flip => {
    return { segmentId, status: 'REALIZED', atMs, cause: causes.get(segmentId) ?? change.cause };
  });
  const begun = { ...NEVER, revision, fingerprint, planSinceMs: sinceMs, state };
  return toStep(begun, flips, () => `r${revision}`, plan);
}

/** The next change of a profile whose state is current. Time that passed before it has its effect first. */
export function applyChange(evaluated: Evaluated, change: ProfileChanged, plan: Plan): Step {
  const { state } = evaluated;
  if (!state) throw new Error('A change can be applied to a current state only.');
  const { revision, atMs } = change;
  const waited = advance(evaluated, atMs, plan);
  const flips = plan.rules.apply(state, change, atMs);
  const changed = toStep({ ...waited.evaluated, revision }, flips, () => `r${revision}`, plan);
  return { evaluated: changed.evaluated, transitions: [...waited.transitions, ...changed.transitions] };
}

/** What time alone moves up to `nowMs`, each at its own instant. The state must be current. */
export function advance(evaluated: Evaluated, nowMs: number, plan: Plan): Step {
  const { state } = evaluated;
  if (!state || (plan.rules.nextDueMs(state) ?? Number.POSITIVE_INFINITY) > nowMs) {
    return { evaluated, transitions: [] };
  }
  return toStep(evaluated, plan.rules.advance(state, nowMs), ({ atMs }) => `t${atMs}`, plan);
}

/** The evaluation with `flips`; `originOf` tells what each came of. */
export function toStep(
  evaluated: Evaluated,
  flips: readonly Flip[],
  originOf: (flip: Flip) => string,
  plan: Plan,
): Step {
  const { revision } = evaluated;
  const transitions = flips.map((flip): Transition => {
    const { segmentId, status, atMs, cause } = flip;
    return { segmentId, status, atMs, cause, version: plan.versionOf(segmentId), revision, origin: originOf(flip) };
  });
  const memberships = applyTransitions(evaluated.memberships, transitions);
  return { evaluated: { ...evaluated, memberships }, transitions };
}
