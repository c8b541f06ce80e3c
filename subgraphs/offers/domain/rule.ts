import { AppError } from '../../../platform/errors';
import { inspectPql } from '../../../platform/pql/inspect';
import { type PqlDiagnostic, parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';

/**
 * The tree of an eligibility rule or a ranking formula. Fails with BAD_USER_INPUT, positions in `details.diagnostics`,
 * when it does not parse or reads events (D-2).
 * @param place where it stands, for the message: `eligibility.rule`
 */
export function parseDecisionRule(text: string, place: string): Expression {
  const parsed = parsePql(text);
  if (!parsed.ok) throw refusal(place, parsed.diagnostics[0]?.message ?? 'it cannot be read', parsed.diagnostics);
  if (inspectPql(parsed.tree).readsEvents) throw refusal(place, READS_EVENTS, [{ message: READS_EVENTS, ...START }]);
  return parsed.tree;
}

/** The segments that a saved rule asks for with `inSegment`; none when it cannot be read. */
export function segmentsOfRule(text: string): readonly string[] {
  const parsed = parsePql(text);
  return parsed.ok ? inspectPql(parsed.tree).segments : [];
}

/** True when the truth of the rule could change by the passing of time alone. Errs towards true. */
export function mayReadTime(text: string): boolean {
  return /\b(now|today|yesterday|tomorrow|occurs|current\w*|this|last|next|inSegment)\b/i.test(text);
}

const START = { line: 1, column: 1 } as const;
const READS_EVENTS =
  'rules and formulas of decisions cannot read events; use a segment, or a computed attribute, in its place';

function refusal(place: string, reason: string, diagnostics: readonly PqlDiagnostic[]): AppError {
  return new AppError('BAD_USER_INPUT', `${place}: ${reason}.`, { details: { path: place, diagnostics } });
}
