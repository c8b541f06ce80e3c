import { type Evaluated, isCurrent } from './evaluated';
import { applyTransitions, type Transition } from './membership';
import type { Plan } from './plan';
import type { Screened } from './screening';
import { type Step, stay } from './step';

/** What a screening found of a person who was at a revision. */
export interface Sight extends Pick<Screened, 'realized'> {
  readonly revision: number;
  /** The rules that were asked. */
  readonly segmentIds: readonly string[];
  /** Of the plan that they are in. */
  readonly fingerprint: string;
}

/**
 * The memberships that new rules move, by what a screening saw. The state of all the rules is left to whoever evaluates the
 * person next. `undefined` where only a whole evaluation tells: the person, or the rules, moved on since.
 */
export function takeScreened(before: Evaluated, sight: Sight, plan: Plan): Step | undefined {
  // It is evaluated live, and what is missing is on its way.
  if (before.ended || isCurrent(before, plan)) return stay(before);
  const { revision, segmentIds, realized, fingerprint } = sight;
  if (fingerprint !== plan.fingerprint || before.revision > revision) return undefined;
  const isIn = (id: string): boolean => before.memberships.get(id)?.status === 'REALIZED';
  const ended = segmentIds.filter((id) => isIn(id) && !realized.has(id));
  const moved = [...ended, ...segmentIds.filter((id) => realized.has(id) && !isIn(id))];
  if (moved.some((id) => plan.movedAtMs(id) <= before.planSinceMs)) return undefined;
  const transitions = moved.map((segmentId): Transition => {
    const version = plan.versionOf(segmentId);
    const atMs = plan.movedAtMs(segmentId);
    const status = realized.has(segmentId) ? 'REALIZED' : 'EXITED';
    const cause = { kind: 'RULE', reference: `${segmentId}@${version}` } as const;
    return { segmentId, status, atMs, version, cause, revision, origin: `p${atMs}` };
  });
  if (transitions.length === 0) return stay(before);
  // The revision stays: changes up to the one that was seen may still be on their way to the other rules.
  const { state: _, ...rest } = before;
  return { evaluated: { ...rest, memberships: applyTransitions(before.memberships, transitions) }, transitions };
}
