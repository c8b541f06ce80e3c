import { compileTimedRule, type PqlOptions, type PqlScope } from './evaluate';
import type { Expression } from './tree';

/** So much is looked at: instants at which something might change, times the events that are asked at each. */
const MOST_WORK = 500_000;
const MOST_TURNS = 10_000;

/**
 * The instant after `nowMs` at which time alone will turn the rule's truth; `undefined` when none is found.
 * @param scopeAt the person at an instant
 */
export function findNextChangeMs(
  tree: Expression,
  scopeAt: (nowMs: number) => PqlScope,
  nowMs: number,
  options: PqlOptions = {},
): number | undefined {
  const answer = compileTimedRule(tree, options);
  const scope = scopeAt(nowMs);
  const first = answer(scope);
  const mostTurns = Math.min(MOST_TURNS, MOST_WORK / (1 + (scope.events?.length ?? 0)));
  let { turnMs } = first;
  for (let turns = 0; turns < mostTurns && turnMs !== Number.POSITIVE_INFINITY; turns++) {
    const next = answer(scopeAt(turnMs));
    if (next.value !== first.value) return turnMs;
    ({ turnMs } = next);
  }
  return undefined;
}
