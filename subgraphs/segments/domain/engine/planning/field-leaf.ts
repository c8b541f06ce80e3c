import type { Expression } from '../../../../../platform/pql/tree';
import type { Conditions, FieldTest } from './leaf';

/** A test of one field of the profile by itself; `undefined` for any other condition. */
export function toFieldLeaf(node: Expression): Conditions | undefined {
  const found = toTest(node);
  const path = found && toPath(found.of);
  return path && { kind: 'leaf', leaf: { kind: 'field', path, test: found.test }, node };
}

function toTest(node: Expression): { readonly of: Expression; readonly test: FieldTest } | undefined {
  if (node.kind === 'name' || node.kind === 'field') return { of: node, test: { kind: 'any', values: [true] } };
  if (node.kind === 'compare') return toCompareTest(node);
  if (node.kind !== 'call') return undefined;
  const { function: name, arguments: parts } = node;
  const [of, other] = parts;
  if (!of) return undefined;
  if (name === 'isNull') return { of, test: { kind: 'missing' } };
  if (!other || parts.length > 2) return undefined;
  if (name === 'equals') return toCompareTest({ kind: 'compare', operator: '=', left: of, right: other, at: node.at });
  if (name !== 'in' || other.kind !== 'list') return undefined;
  const values = other.items.map((item) => (item.kind === 'literal' ? item.value : undefined));
  return values.every((value) => typeof value === 'string') ? { of, test: { kind: 'any', values } } : undefined;
}

function toCompareTest({ operator, left, right }: Extract<Expression, { kind: 'compare' }>) {
  if (right.kind !== 'literal' || operator === '!=') return undefined;
  const { value } = right;
  if (typeof value === 'number') return { of: left, test: { kind: 'number', operator, value } as const };
  const isText = typeof value === 'string' || typeof value === 'boolean';
  return isText && operator === '=' ? { of: left, test: { kind: 'any', values: [value] } as const } : undefined;
}

function toPath(node: Expression): readonly string[] | undefined {
  const path = toAnyPath(node);
  return path?.[0] === 'xEvent' || path?.[0] === 'context' || path?.[0] === 'offer' ? undefined : path;
}

function toAnyPath(node: Expression): readonly string[] | undefined {
  if (node.kind === 'name') return node.up === 0 ? [node.name] : undefined;
  if (node.kind !== 'field') return undefined;
  if (node.of.kind === 'root') return node.path;
  return node.of.kind === 'name' && node.of.up === 0 ? [node.of.name, ...node.path] : undefined;
}
