import { findNextChangeMs } from '../../../platform/pql/next-change';
import type { Expression } from '../../../platform/pql/tree';
import { createRuleSet, type Person, type Rule } from './engine/rule-set';
import type { Plan } from './plan';
import { parseRule, segmentsOfRule } from './rule';
import type { createRuleScope } from './rule-scope';

/** So many due instants are looked at. */
const MOST_DUE = 10_000;

/** The id of the rule that is asked about, among those that it asks for: no segment has it. */
const ASKED = '?';

export interface ChangeQuestion {
  readonly tree: Expression;
  readonly plan: Plan;
  /** The merge policy whose view of the person this is; absent: the default one. */
  readonly view: string | undefined;
  readonly person: Person;
  readonly scopeAt: ReturnType<typeof createRuleScope>;
  readonly nowMs: number;
  readonly timeZone: string;
}

/**
 * The instant after `nowMs` at which time alone will turn the rule's truth; `undefined` when none is found. The engine
 * goes from one due instant to the next; what it cannot keep is evaluated anew at each turn.
 */
export function findChangeMs(question: ChangeQuestion): number | undefined {
  const { tree, plan, view, person, scopeAt, nowMs, timeZone } = question;
  const asked = rulesAskedBy(tree, view, plan);
  const rules = asked && createRuleSet(asked, { timeZone });
  if (!rules || rules.general.length > 0 || rules.contextual.length > 0) {
    return findNextChangeMs(tree, scopeAt, nowMs, { timeZone });
  }
  const state = rules.hydrate(person, nowMs);
  for (let due = 0; due < MOST_DUE; due++) {
    const dueMs = rules.nextDueMs(state);
    if (dueMs === undefined) return undefined;
    if (rules.advance(state, dueMs).some(({ segmentId }) => segmentId === ASKED)) return dueMs;
  }
  return undefined;
}

/**
 * The rule with all that it asks for; `undefined` when audiences from elsewhere are among those, which end by date, or
 * segments that are asked on another view.
 */
function rulesAskedBy(
  tree: Expression,
  view: string | undefined,
  { segments, viewOf }: Plan,
): readonly Rule[] | undefined {
  const rules = new Map<string, Rule>([[ASKED, { id: ASKED, version: 1, tree }]]);
  for (const { tree: each } of rules.values()) {
    for (const id of segmentsOfRule(each)) {
      const { live, external } = segments.get(id) ?? {};
      if (live && (external || viewOf(id) !== view)) return undefined;
      if (live && !rules.has(id)) rules.set(id, { id, version: 1, tree: parseRule(live.rule) });
    }
  }
  return [...rules.values()];
}
