import { createRuleSet, type Rule, type RuleMethod, type RuleSetOptions } from './engine/rule-set';
import { segmentsOfRule } from './rule';

/** A rule, and the merge policy whose view it is asked on, where that is not the default one. */
export type AskedRule = Pick<Rule, 'tree' | 'view'>;

/**
 * How a rule would be evaluated, and why, together with those that it asks for.
 * @param ruleOf the rule of another segment; `undefined` when there is none
 */
export function methodOfRule(
  id: string,
  rule: AskedRule,
  ruleOf: (segmentId: string) => AskedRule | undefined,
  options: RuleSetOptions,
): RuleMethod {
  const rules = new Map<string, Rule>();
  const add = (segmentId: string, asked: AskedRule | undefined): void => {
    if (!asked || rules.has(segmentId)) return;
    rules.set(segmentId, { id: segmentId, version: 1, ...asked });
    for (const other of segmentsOfRule(asked.tree)) add(other, ruleOf(other));
  };
  add(id, rule);
  return createRuleSet([...rules.values()], options).methodOf(id);
}
