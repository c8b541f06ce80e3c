import type { ProfileSnapshot } from '../../../flow/ports';
import { compileTimedRule, type PqlScope, type TimedAnswer } from '../../../platform/pql/evaluate';
import type { Imports } from './evaluated';
import type { Plan } from './plan';
import { parseRule } from './rule';

const NOT_IN: TimedAnswer = { value: false, turnMs: Number.POSITIVE_INFINITY };

/**
 * What a rule is asked about, at any instant: the person as given, who is in a segment when its live rule says so then,
 * and in an audience from elsewhere as long as the import holds.
 */
export function createRuleScope(
  { attributes, computedAttributes, events }: ProfileSnapshot,
  plan: Plan,
  imports: Imports,
  timeZone: string,
): (nowMs: number) => PqlScope {
  const profile = { ...attributes, computedAttributes };
  const rules = new Map<string, (scope: PqlScope) => TimedAnswer>();
  const compile = (id: string, rule: string): ((scope: PqlScope) => TimedAnswer) => {
    const compiled = rules.get(id) ?? compileTimedRule(parseRule(rule), { timeZone });
    rules.set(id, compiled);
    return compiled;
  };
  return (nowMs) => {
    const answers = new Map<string, TimedAnswer>();
    const ask = (id: string): TimedAnswer => {
      const known = answers.get(id);
      if (known) return known;
      const { live, external } = plan.segments.get(id) ?? {};
      const found = live ? (external ? askImport(imports.get(id), nowMs) : compile(id, live.rule)(scope)) : NOT_IN;
      answers.set(id, found);
      return found;
    };
    const scope: PqlScope = {
      ...{ profile, events, context: {}, nowMs },
      inSegment: (id) => ask(id).value === true,
      turnOfSegment: (id) => ask(id).turnMs,
    };
    return scope;
  };
}

function askImport(untilMs: number | undefined, nowMs: number): TimedAnswer {
  return untilMs !== undefined && untilMs > nowMs ? { value: true, turnMs: untilMs } : NOT_IN;
}
