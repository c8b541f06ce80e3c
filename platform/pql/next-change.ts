import { compileTimedPql, isTrue, type PqlOptions, type PqlScope } from './evaluate';
import type { Expression } from './tree';

/** So many instants at which something might change are looked at. */
const MOST_TURNS = 10_000;

/** The instant after `scope.nowMs` at which time alone will turn the rule's truth; `undefined` when none is found. */
export function findNextChangeMs(tree: Expression, scope: PqlScope, options: PqlOptions = {}): number | undefined {
  const answer = compileTimedPql(tree, options);
  const first = answer(scope);
  let { turnMs } = first;
  for (let turns = 0; turns < MOST_TURNS && turnMs !== Number.POSITIVE_INFINITY; turns++) {
    const next = answer({ ...scope, nowMs: turnMs });
    if (isTrue(next.value) !== isTrue(first.value)) return turnMs;
    ({ turnMs } = next);
  }
  return undefined;
}
