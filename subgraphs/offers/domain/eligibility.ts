import { compileRule, type PqlScope } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import type { Eligibility } from './definitions';
import { mayReadTime, segmentsOfRule } from './rule';

/** What conditions are asked about: one person at one instant. */
export interface DecisionScope extends PqlScope {
  readonly inSegment: (segmentId: string) => boolean;
}

export type Condition = (scope: DecisionScope) => boolean;

/** The condition that `eligibility` states; `undefined` when it is open to everyone. Days are those of the IANA zone. */
export function compileEligibility(eligibility: Eligibility | undefined, timeZone: string): Condition | undefined {
  const conditions = eligibility ? conditionsOf(eligibility, timeZone) : [];
  const [only] = conditions;
  if (conditions.length <= 1) return only;
  return (scope) => {
    for (const holds of conditions) if (!holds(scope)) return false;
    return true;
  };
}

/** Every segment that `eligibility` names, also inside its rule. */
export function segmentsOf(eligibility: Eligibility | undefined): readonly string[] {
  if (!eligibility) return [];
  const { allOf = [], anyOf = [], noneOf = [], rule } = eligibility;
  return [...new Set([...allOf, ...anyOf, ...noneOf, ...(rule ? segmentsOfRule(rule) : [])])];
}

/** True when who is eligible could change by itself: by a segment's clock, or by a rule that reads the time. */
export function changesWithTime(eligibility: Eligibility | undefined): boolean {
  return segmentsOf(eligibility).length > 0 || (eligibility?.rule !== undefined && mayReadTime(eligibility.rule));
}

function conditionsOf(
  { allOf = [], anyOf = [], noneOf = [], rule }: Eligibility,
  timeZone: string,
): readonly Condition[] {
  const conditions: Condition[] = [];
  if (allOf.length > 0) conditions.push(({ inSegment }) => allOf.every(inSegment));
  if (anyOf.length > 0) conditions.push(({ inSegment }) => anyOf.some(inSegment));
  if (noneOf.length > 0) conditions.push(({ inSegment }) => !noneOf.some(inSegment));
  if (rule) conditions.push(toCondition(rule, timeZone));
  return conditions;
}

function toCondition(rule: string, timeZone: string): Condition {
  const parsed = parsePql(rule);
  return parsed.ok ? compileRule(parsed.tree, { timeZone }) : () => false;
}
