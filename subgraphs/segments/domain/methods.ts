import type { Expression } from '../../../platform/pql/tree';
import { createRuleSet, type Rule, type RuleMethod } from './engine/rule-set';
import { segmentsOfRule } from './rule';

/**
 * How a rule would be evaluated, and why, together with those that it asks for.
 * @param ruleOf the rule of another segment; `undefined` when there is none
 */
export function methodOfRule(
  id: string,
  tree: Expression,
  ruleOf: (segmentId: string) => Expression | undefined,
  timeZone: string,
): RuleMethod {
  const rules = new Map<string, Rule>();
  const add = (segmentId: string, rule: Expression | undefined): void => {
    if (!rule || rules.has(segmentId)) return;
    rules.set(segmentId, { id: segmentId, version: 1, tree: rule });
    for (const asked of segmentsOfRule(rule)) add(asked, ruleOf(asked));
  };
  add(id, tree);
  return createRuleSet([...rules.values()], { timeZone }).methodOf(id);
}
