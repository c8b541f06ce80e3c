import type { Flip } from './engine/rule-set';
import type { Evaluated } from './evaluated';
import { applyTransitions, type Transition } from './membership';
import type { Plan } from './plan';

/** An evaluation further on, and the moves that it brought. */
export interface Step {
  readonly evaluated: Evaluated;
  readonly transitions: readonly Transition[];
}

/** No move at all. */
export function stay(evaluated: Evaluated): Step {
  return { evaluated, transitions: [] };
}

/** `first`, and then what `next` makes of it. */
export function followedBy(first: Step, next: (evaluated: Evaluated) => Step): Step {
  const { evaluated, transitions } = next(first.evaluated);
  if (first.transitions.length === 0) return { evaluated, transitions };
  return { evaluated, transitions: [...first.transitions, ...transitions] };
}

/** The evaluation with `flips`; `originOf` tells what each came of. */
export function toStep(
  evaluated: Evaluated,
  flips: readonly Flip[],
  originOf: (flip: Flip) => string,
  plan: Plan,
): Step {
  if (flips.length === 0) return { evaluated: { ...evaluated }, transitions: [] };
  const { revision } = evaluated;
  const transitions = flips.map((flip): Transition => {
    const { segmentId, status, atMs, cause } = flip;
    const version = plan.versionOf(segmentId) || (evaluated.memberships.get(segmentId)?.version ?? 0);
    return { segmentId, status, atMs, cause, version, revision, origin: originOf(flip) };
  });
  const memberships = applyTransitions(evaluated.memberships, transitions);
  return { evaluated: { ...evaluated, memberships }, transitions };
}
