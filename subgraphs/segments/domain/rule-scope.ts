import type { ProfileSnapshot } from '../../../flow/ports';
import { compileTimedRule, type PqlScope, type TimedAnswer } from '../../../platform/pql/evaluate';
import type { Imports } from './evaluated';
import type { Plan } from './plan';
import { parseRule } from './rule';

const NOT_IN: TimedAnswer = { value: false, turnMs: Number.POSITIVE_INFINITY };

/** Of whom rules are asked. */
export interface AskedPerson {
  /** The view that the rule itself is asked on. */
  readonly person: ProfileSnapshot;
  /** The views by a merge policy, or by the default one, that the segments are asked on which the rule asks for. */
  readonly viewsBy: (policy: string | undefined) => readonly ProfileSnapshot[];
  readonly imports: Imports;
}

/**
 * What a rule is asked about, at any instant: the person as given, who is in a segment when its live rule says so then,
 * and in an audience from elsewhere as long as the import holds.
 */
export function createRuleScope(
  { person, viewsBy, imports }: AskedPerson,
  plan: Plan,
  timeZone: string,
): (nowMs: number) => PqlScope {
  const rules = new Map<string, (scope: PqlScope) => TimedAnswer>();
  const compile = (id: string, rule: string): ((scope: PqlScope) => TimedAnswer) => {
    const compiled = rules.get(id) ?? compileTimedRule(parseRule(rule), { timeZone });
    rules.set(id, compiled);
    return compiled;
  };
  return (nowMs) => {
    const answers = new Map<string, TimedAnswer>();
    const scopeOf = ({ attributes, computedAttributes, events }: ProfileSnapshot): PqlScope => ({
      ...{ profile: { ...attributes, computedAttributes }, events, context: {}, nowMs },
      inSegment: (id) => ask(id).value === true,
      turnOfSegment: (id) => ask(id).turnMs,
    });
    const askRule = (id: string, rule: string): TimedAnswer =>
      toAny(viewsBy(plan.viewOf(id)).map((view) => compile(id, rule)(scopeOf(view))));
    const ask = (id: string): TimedAnswer => {
      const known = answers.get(id);
      if (known) return known;
      const { live, external } = plan.segments.get(id) ?? {};
      const found = live ? (external ? askImport(imports.get(id), nowMs) : askRule(id, live.rule)) : NOT_IN;
      answers.set(id, found);
      return found;
    };
    return scopeOf(person);
  };
}

/** One of several views is enough; the first that turns may turn the whole. */
function toAny(answers: readonly TimedAnswer[]): TimedAnswer {
  const turnMs = answers.reduce((soonest, answer) => Math.min(soonest, answer.turnMs), NOT_IN.turnMs);
  return { value: answers.some(({ value }) => value === true), turnMs };
}

function askImport(untilMs: number | undefined, nowMs: number): TimedAnswer {
  return untilMs !== undefined && untilMs > nowMs ? { value: true, turnMs: untilMs } : NOT_IN;
}
