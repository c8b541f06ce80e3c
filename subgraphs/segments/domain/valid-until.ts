import type { Evaluated } from './evaluated';
import type { Plan } from './plan';

// Further ahead than so many instants at which something could move, nothing is promised.
const MOST_STEPS = 256;

/** When time alone will end the profile's membership of each of `segmentIds`; those that it does not end are left out. */
export function findValidUntil(
  { state }: Evaluated,
  segmentIds: readonly string[],
  plan: Plan,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (!state) return found;
  const wanted = new Set(segmentIds);
  const ahead = plan.rules.clone(state);
  for (let step = 0; step < MOST_STEPS && found.size < wanted.size; step += 1) {
    const dueMs = plan.rules.nextDueMs(ahead);
    if (dueMs === undefined) break;
    for (const { segmentId, atMs } of plan.rules.advance(ahead, dueMs)) {
      if (wanted.has(segmentId) && !found.has(segmentId)) found.set(segmentId, atMs);
    }
  }
  return found;
}
