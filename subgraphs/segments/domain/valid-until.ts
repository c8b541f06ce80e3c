import { advance } from './advance';
import { type Evaluated, findDueMs } from './evaluated';
import type { Plan } from './plan';

// Further ahead than so many instants at which something could move, nothing is promised.
const MOST_STEPS = 256;

/** When time alone will end the profile's membership of each of `segmentIds`; those that it does not end are left out. */
export function findValidUntil(
  evaluated: Evaluated,
  segmentIds: readonly string[],
  plan: Plan,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (!evaluated.state) return found;
  const wanted = new Set(segmentIds);
  // What computed attributes will be by then is not known here.
  let ahead: Evaluated = { ...evaluated, state: plan.rules.clone(evaluated.state), computedUntilMs: undefined };
  for (let step = 0; step < MOST_STEPS && found.size < wanted.size; step += 1) {
    const dueMs = findDueMs(ahead, plan);
    if (dueMs === undefined) break;
    const next = advance(ahead, dueMs, plan);
    ahead = next.evaluated;
    for (const { segmentId, atMs } of next.transitions) {
      if (wanted.has(segmentId) && !found.has(segmentId)) found.set(segmentId, atMs);
    }
  }
  return found;
}
