import { asCondition } from '../condition';
import { originsOf } from '../inspect';
import type { PqlDiagnostic } from '../parse';
import { printPql } from '../print';
import type { Call, Compare, Expression } from '../tree';
import type { DeclaredField, ValueType } from './field-types';
import { createKindOf, type Kind, type KindOf } from './infer';

type Doubt = (node: Expression, message: string) => void;

/**
 * A warning for each part of a rule that cannot be meant, as its values are of kinds that do not go together: such a part
 * is never true, or has no value. What no schema declares is not doubted.
 */
export function typeWarnings(tree: Expression, fields: readonly DeclaredField[]): readonly PqlDiagnostic[] {
  const warnings: PqlDiagnostic[] = [];
  const kindOf = createKindOf(fields, originsOf(tree));
  const doubt: Doubt = ({ at }, message) => {
    warnings.push({ message, ...at });
  };
  checkCondition(tree, kindOf, doubt);
  walk(tree, (node) => checkNode(node, kindOf, doubt));
  return warnings;
}

type Checks = {
  readonly [K in Expression['kind']]?: (node: Extract<Expression, { kind: K }>, kindOf: KindOf, doubt: Doubt) => void;
};

const CHECKS: Checks = {
  compare: checkCompare,
  call: checkCall,
  arithmetic: checkArithmetic,
  not: ({ of }, kindOf, doubt) => checkCondition(of, kindOf, doubt),
  and: ({ of }, kindOf, doubt) => checkConditions(of, kindOf, doubt),
  or: ({ of }, kindOf, doubt) => checkConditions(of, kindOf, doubt),
  filter: ({ where }, kindOf, doubt) => checkCondition(where, kindOf, doubt),
  negate: ({ of }, kindOf, doubt) => checkNumber(of, kindOf, doubt),
  occurs: ({ of }, kindOf, doubt) => checkDate(of, kindOf, doubt),
  quantifier: ({ sources }, kindOf, doubt) => {
    const conditions = sources.flatMap(({ where }) => where ?? []);
    checkConditions(conditions, kindOf, doubt);
  },
  chain: ({ steps }, kindOf, doubt) => {
    const conditions = steps.map(({ what }) => what);
    checkConditions(conditions, kindOf, doubt);
  },
  aggregate: (node, kindOf, doubt) => {
    if (node.source.where) checkCondition(node.source.where, kindOf, doubt);
    if (node.function === 'sum' || node.function === 'average') checkNumber(node.value, kindOf, doubt);
  },
};

function checkNode(node: Expression, kindOf: KindOf, doubt: Doubt): void {
  const check = CHECKS[node.kind] as ((node: Expression, kindOf: KindOf, doubt: Doubt) => void) | undefined;
  check?.(node, kindOf, doubt);
}

function checkCompare({ left, right, operator }: Compare, kindOf: KindOf, doubt: Doubt): void {
  if (operator === '=' || operator === '!=') {
    checkEqual(left, right, kindOf, doubt);
    return;
  }
  const [a, b] = [kindOf(left), kindOf(right)];
  if (!isOrdered(a) || !isOrdered(b) || !goTogether(a, b)) doubt(left, `${both(left, right, kindOf)}: no order holds`);
}

function checkEqual(left: Expression, right: Expression, kindOf: KindOf, doubt: Doubt): void {
  if (isNull(left) || isNull(right)) {
    doubt(left, 'Nothing equals null, not even what is missing: isNull() and isNotNull() ask for that');
    return;
  }
  const [a, b] = [kindOf(left), kindOf(right)];
  const differ = a.isList !== undefined && b.isList !== undefined && a.isList !== b.isList;
  if (differ || !goTogether(a, b)) doubt(left, `${both(left, right, kindOf)}: they are never equal`);
}

function isNull(node: Expression): boolean {
  return node.kind === 'literal' && node.value === null;
}

const TEXT_FUNCTIONS: ReadonlySet<string> = new Set(
  'like startsWith doesNotStartWith endsWith doesNotEndWith contains doesNotContain matches regexGroup'.split(' '),
);

function checkCall(call: Call, kindOf: KindOf, doubt: Doubt): void {
  const [first, second] = call.arguments;
  const { function: name } = call;
  if (!first) return;
  if (TEXT_FUNCTIONS.has(name)) {
    for (const part of [first, second]) if (part) checkText(name, part, kindOf, doubt);
  }
  if (name.startsWith('get') && name !== 'get') checkDate(first, kindOf, doubt);
  if (name === 'if') checkCondition(first, kindOf, doubt);
  if (!second) return;
  if (name === 'equals' || name === 'notEqualTo') checkEqual(first, second, kindOf, doubt);
  if (name === 'in' || name === 'notIn') checkAmong(first, second, kindOf, doubt);
  if (name === 'includes') checkAmong(second, first, kindOf, doubt);
  if (OF_TWO_LISTS.has(name)) checkLists(first, second, kindOf, doubt);
  if (name === 'sum' || name === 'average') checkNumber(second, kindOf, doubt);
  if (CONDITIONAL.has(name)) checkCondition(second, kindOf, doubt);
}

const CONDITIONAL: ReadonlySet<string> = new Set(['filter', 'exists', 'forall', 'select', 'count']);

function checkAmong(item: Expression, list: Expression, kindOf: KindOf, doubt: Doubt): void {
  const [one, all] = [kindOf(item), kindOf(list)];
  if (one.isList !== true && goTogether(one, all)) return;
  doubt(item, `${both(item, list, kindOf)}: it is never among them`);
}

const OF_TWO_LISTS: ReadonlySet<string> = new Set(['intersects', 'intersection', 'subsetOf', 'supersetOf']);

function checkLists(a: Expression, b: Expression, kindOf: KindOf, doubt: Doubt): void {
  if (!goTogether(kindOf(a), kindOf(b))) doubt(a, `${both(a, b, kindOf)}: they have nothing in common`);
}

function checkConditions(nodes: readonly Expression[], kindOf: KindOf, doubt: Doubt): void {
  for (const node of nodes) checkCondition(node, kindOf, doubt);
}

function checkCondition(node: Expression, kindOf: KindOf, doubt: Doubt): void {
  const kind = kindOf(asCondition(node));
  if (kind.isList !== true && (!kind.type || kind.type === 'truth')) return;
  doubt(node, `${said(node, kind)} where a condition is expected: only true is true`);
}

function checkText(name: string, node: Expression, kindOf: KindOf, doubt: Doubt): void {
  const kind = kindOf(node);
  if (kind.isList !== true && (!kind.type || kind.type === 'text' || kind.type === 'date')) return;
  doubt(node, `${said(node, kind)}; ${name} asks for text`);
}

function checkDate(node: Expression, kindOf: KindOf, doubt: Doubt): void {
  const kind = kindOf(node);
  if (!kind.type || kind.type === 'text' || kind.type === 'date') return;
  doubt(node, `${said(node, kind)} where a date is expected`);
}

function checkNumber(node: Expression, kindOf: KindOf, doubt: Doubt): void {
  const kind = kindOf(node);
  if (kind.type && kind.type !== 'number') doubt(node, `${said(node, kind)} where a number is expected`);
}

function checkArithmetic(node: Extract<Expression, { kind: 'arithmetic' }>, kindOf: KindOf, doubt: Doubt): void {
  const joins = node.rest.every(({ operator }) => operator === '+');
  const parts = [node.first, ...node.rest.map(({ operand }) => operand)];
  const isText = (part: Expression): boolean => ['text', 'date'].includes(kindOf(part).type ?? '');
  const isTextOrUnknown = (part: Expression): boolean => isText(part) || kindOf(part).type === undefined;
  if (joins && parts.some(isText) && parts.every(isTextOrUnknown)) return;
  for (const part of parts) checkNumber(part, kindOf, doubt);
}

/** Dates are text in the data; anything goes with what is not known. */
function goTogether(a: Kind, b: Kind): boolean {
  if (!a.type || !b.type || a.type === b.type) return true;
  const both = new Set<ValueType>([a.type, b.type]);
  return both.has('text') && both.has('date');
}

function isOrdered({ type, isList }: Kind): boolean {
  return isList !== true && type !== 'truth' && type !== 'map';
}

function both(left: Expression, right: Expression, kindOf: KindOf): string {
  return `${said(left, kindOf(left))} and ${said(right, kindOf(right))}`;
}

const WORDS: Readonly<Record<ValueType, string>> = {
  number: 'a number',
  text: 'text',
  truth: 'true or false',
  date: 'a date',
  map: 'a map',
};

function said(node: Expression, { type, isList }: Kind): string {
  const text = printPql(node);
  const word = type ? WORDS[type] : 'a value';
  return `${text.length > 80 ? `${text.slice(0, 80)}…` : text} is ${isList ? `a list, each ${word}` : word}`;
}

function walk(value: unknown, visit: (node: Expression) => void): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Partial<Expression>;
  if (!Array.isArray(value) && typeof node.kind === 'string' && node.at) visit(node as Expression);
  for (const part of Object.values(value)) walk(part, visit);
}
