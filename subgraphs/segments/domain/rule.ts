import { AppError } from '../../../platform/errors';
import { findNearest } from '../../../platform/pql/grammar/nearest';
import { inspectPql, unknownFields } from '../../../platform/pql/inspect';
import { type PqlDiagnostic, parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import { typeWarnings } from '../../../platform/pql/typing/check-types';
import type { DeclaredField } from '../../../platform/pql/typing/field-types';

/** The tree of a rule. Fails with BAD_USER_INPUT, positions in `details.diagnostics`, when it cannot be read (S-3). */
export function parseRule(text: string): Expression {
  const parsed = parsePql(text);
  if (parsed.ok) return parsed.tree;
  throw ruleRefused(parsed.diagnostics[0]?.message ?? 'it cannot be read', parsed.diagnostics);
}

/** The refusal of a rule, with what is wrong and where. */
export function ruleRefused(reason: string, diagnostics: readonly PqlDiagnostic[]): AppError {
  return new AppError('BAD_USER_INPUT', `The rule is refused: ${reason}.`, { details: { path: 'rule', diagnostics } });
}

/** What rules may name, as far as it is known. */
export interface KnownNames {
  /** Paths that were met in data, or are declared; none: nothing is known. */
  readonly fields: readonly string[];
  /** False for a path of which nothing can be said. Absent: all can. */
  readonly isTold?: (path: string) => boolean;
  /** What schemas say of fields. */
  readonly declared: readonly DeclaredField[];
  readonly segments: readonly string[];
}

/**
 * What is doubtful about a rule: fields and segments that nobody knows, with the nearest known name, and values that do
 * not go together. In the order of their places.
 */
export function warningsOf(tree: Expression, known: KnownNames): readonly PqlDiagnostic[] {
  const fields = known.fields.length > 0 ? unknownFields(tree, [...known.fields, ...untold(tree, known)]) : [];
  const segments = segmentUses(tree)
    .filter(({ id }) => !known.segments.includes(id))
    .map(({ id, at }) => {
      const suggestion = findNearest(id, known.segments);
      const message = `There is no segment ${id}; nobody is in it`;
      return { message, ...at, ...(suggestion !== undefined && { suggestion }) };
    });
  const all = [...fields, ...segments, ...typeWarnings(tree, known.declared)];
  return all.sort((a, b) => a.line - b.line || a.column - b.column);
}

function untold(tree: Expression, { isTold = () => true }: KnownNames): readonly string[] {
  return inspectPql(tree).fields.flatMap(({ path }) => (isTold(path) ? [] : [path]));
}

/** The segments that a rule asks for with `inSegment`. */
export function segmentsOfRule(tree: Expression): readonly string[] {
  return inspectPql(tree).segments;
}

interface SegmentUse {
  readonly id: string;
  readonly at: { readonly line: number; readonly column: number };
}

/** Where a rule asks for segments. */
export function segmentUses(tree: Expression): readonly SegmentUse[] {
  const uses: SegmentUse[] = [];
  visit(tree, uses);
  return uses;
}

function visit(node: unknown, uses: SegmentUse[]): void {
  if (typeof node !== 'object' || node === null) return;
  const use = toSegmentUse(node as Partial<Expression>);
  if (use) uses.push(use);
  for (const value of Object.values(node)) visit(value, uses);
}

function toSegmentUse(node: Partial<Expression>): SegmentUse | undefined {
  if (node.kind !== 'call' || node.function !== 'inSegment' || !node.at) return undefined;
  const [id] = node.arguments ?? [];
  return id?.kind === 'literal' ? { id: String(id.value), at: node.at } : undefined;
}
