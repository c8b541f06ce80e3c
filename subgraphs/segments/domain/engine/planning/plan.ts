import { asCondition } from '../../../../../platform/pql/condition';
import { inspectPql } from '../../../../../platform/pql/inspect';
import { type Inside, mapParts } from '../../../../../platform/pql/rewrite';
import type { Expression, Quantifier, Source } from '../../../../../platform/pql/tree';
import { toChainSteps } from './chain-plan';
import { toAlternatives } from './complement';
import { type Planning, windowOf } from './event-filter';
import { toCountFilter, toExistsFilter, toFeature, toSeries, toValuesFeature } from './features';
import { toFieldLeaf } from './field-leaf';
import type { ChainStepSpec, Conditions, Feature, Formula } from './leaf';
import { mentions, readsOf, substitute, toItemForm, withoutLambdas, withoutRoots } from './rewriting';
import { Unkeepable } from './unkeepable';

/** The conditions of a rule, each in a form that can be kept. Fails with Unkeepable where there is none. */
export function planRule(tree: Expression, planning: Planning): Conditions {
  return planNode(withoutRoots(withoutLambdas(tree)), planning);
}

function planNode(part: Expression, planning: Planning): Conditions {
  const node = asCondition(part);
  const plan = (part: Expression): Conditions => planNode(part, planning);
  switch (node.kind) {
    case 'literal':
      return { kind: 'constant', value: node.value === true };
    case 'and':
    case 'or':
      return { kind: node.kind, of: node.of.map(plan) };
    case 'not':
      return { kind: 'not', of: plan(node.of) };
    case 'let':
      return plan(withoutLet(node));
    case 'compare':
      return planCompare(node, planning);
    case 'quantifier':
      return planQuantifier(node, planning);
    case 'chain':
      return planChain(node, planning);
    case 'call':
      return planCall(node, planning);
    default:
      return toFieldLeaf(node) ?? toFormulaLeaf(node, planning);
  }
}

/** The body with the value in the name's place. @param around variables that are bound around it */
function withoutLet(node: Extract<Expression, { kind: 'let' }>, around: readonly string[] = []): Expression {
  const free = new Set(inspectPql(node.value).fields.map(({ path }) => path.split('.')[0]));
  if (bindsOneOf(node.body, free)) throw new Unkeepable('A name that means two things', node);
  return substitute(node.body, node.variable, node.value, around);
}

function bindsOneOf(tree: Expression, names: ReadonlySet<string | undefined>): boolean {
  let found = false;
  const visit = (node: Expression): Expression =>
    mapParts(node, (part, { variables }) => {
      found ||= variables.some((variable) => names.has(variable));
      return visit(part);
    });
  visit(tree);
  return found;
}

const OPPOSITE_CALLS: Readonly<Record<string, string>> = {
  isNotNull: 'isNull',
  notEqualTo: 'equals',
  doesNotStartWith: 'startsWith',
  doesNotEndWith: 'endsWith',
  doesNotContain: 'contains',
};

function planCall(node: Extract<Expression, { kind: 'call' }>, planning: Planning): Conditions {
  const { function: name, arguments: parts } = node;
  const [first, second, third] = parts;
  const positive = OPPOSITE_CALLS[name];
  if (positive) return { kind: 'not', of: planNode({ ...node, function: positive }, planning) };
  if (name === 'if' && first && second && third) return planIf(first, second, third, planning);
  if (name === 'inSegment' && first?.kind === 'literal') {
    return { kind: 'leaf', leaf: { kind: 'segment', id: String(first.value) }, node };
  }
  if (name === 'exists') return planExists(node, planning);
  if (name === 'forall' && first && second) {
    const against: Expression = { kind: 'not', of: second, at: second.at };
    return { kind: 'not', of: planNode({ ...node, function: 'exists', arguments: [first, against] }, planning) };
  }
  return toFieldLeaf(node) ?? toFormulaLeaf(node, planning);
}

function planIf(test: Expression, yes: Expression, no: Expression, planning: Planning): Conditions {
  const [when, then, otherwise] = [test, yes, no].map((part) => planNode(part, planning)) as [
    Conditions,
    Conditions,
    Conditions,
  ];
  return {
    kind: 'or',
    of: [
      { kind: 'and', of: [when, then] },
      { kind: 'and', of: [{ kind: 'not', of: when }, otherwise] },
    ],
  };
}

/** `exists` of this or that is one `exists` or the other, so that each has its own window. */
function planExists(node: Expression, planning: Planning): Conditions {
  const parts = alternativesOf(toExistsCall(node));
  if (parts.length > 1) return { kind: 'or', of: parts.map((part) => planOneExists(part, planning)) };
  return planOneExists(parts[0] ?? node, planning);
}

function planOneExists(node: Expression, planning: Planning): Conditions {
  const filter = toExistsFilter(node, planning);
  return filter ? atLeast(1, toSeries(filter), windowOf(filter), node) : toFormulaLeaf(node, planning);
}

/** `exists E from list where E.a` as `list.exists(a)`, where it is one. */
function toExistsCall(node: Expression): Expression {
  if (node.kind !== 'quantifier' || node.sources.length !== 1) return node;
  const [source] = node.sources;
  const where = source?.where && toItemForm(source.where, source.variable);
  return source && where ? { kind: 'call', function: 'exists', arguments: [source.from, where], at: node.at } : node;
}

function alternativesOf(node: Expression): readonly Expression[] {
  const [list, where] = node.kind === 'call' ? node.arguments : [];
  if (node.kind !== 'call' || !list || !where) return [node];
  return toAlternatives(where).map((part) => ({ ...node, arguments: [list, part] }));
}

function planQuantifier(node: Quantifier, planning: Planning): Conditions {
  if (node.quantifier === 'exists') return planExists(node, planning);
  return { kind: 'not', of: planExists(toCounterExample(node), planning) };
}

/** What must not exist for a `forall` to hold. */
function toCounterExample(node: Quantifier): Quantifier {
  const last = node.sources.length - 1;
  const sources = node.sources.map((source, index): Source => {
    const { where = { kind: 'literal', value: true, at: node.at } } = source;
    return index < last ? source : { ...source, where: { kind: 'not', of: where, at: where.at } };
  });
  return { ...node, quantifier: 'exists', sources };
}

function atLeast(n: number, series: Feature['series'], window: Feature['window'], node: Expression): Conditions {
  return n <= 0
    ? { kind: 'constant', value: true }
    : { kind: 'leaf', leaf: { kind: 'atLeast', n, series, window }, node };
}

/** A chain of one step is a number of events. */
function planChain(node: Extract<Expression, { kind: 'chain' }>, planning: Planning): Conditions {
  const steps = toChainSteps(node, planning);
  const [only] = steps;
  if (!only || steps.length > 1) return { kind: 'leaf', leaf: { kind: 'chain', steps }, node };
  const enough = atLeast(only.n, only.series, only.window, node);
  if (only.negated) return { kind: 'not', of: enough };
  return only.exactly ? butNotMore(enough, only, node) : enough;
}

function butNotMore(enough: Conditions, { n, series, window }: ChainStepSpec, node: Expression): Conditions {
  return { kind: 'and', of: [enough, { kind: 'not', of: atLeast(n + 1, series, window, node) }] };
}

const MIRRORED = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function planCompare(node: Extract<Expression, { kind: 'compare' }>, planning: Planning): Conditions {
  const { operator, left, right } = node;
  if (operator === '!=') return { kind: 'not', of: planCompare({ ...node, operator: '=' }, planning) };
  if (left.kind === 'literal' && right.kind !== 'literal') {
    return planCompare({ ...node, operator: MIRRORED[operator], left: right, right: left }, planning);
  }
  if (right.kind === 'literal' && typeof right.value === 'number') {
    const filter = toCountFilter(left, planning);
    if (filter) return planThreshold(operator, right.value, toSeries(filter), windowOf(filter), node);
  }
  return toFieldLeaf(node) ?? toFormulaLeaf(node, planning);
}

/** How many events there are, against a number: whether there are at least so many. */
function planThreshold(
  operator: '=' | '<' | '<=' | '>' | '>=',
  value: number,
  series: Feature['series'],
  window: Feature['window'],
  node: Expression,
): Conditions {
  const least = (n: number): Conditions => atLeast(n, series, window, node);
  const [over, from] = [least(Math.floor(value) + 1), least(Math.ceil(value))];
  switch (operator) {
    case '>':
      return over;
    case '>=':
      return from;
    case '<':
      return { kind: 'not', of: from };
    case '<=':
      return { kind: 'not', of: over };
    case '=':
      return Number.isInteger(value) ? { kind: 'and', of: [from, { kind: 'not', of: over }] } : NEVER;
  }
}

const NEVER: Conditions = { kind: 'constant', value: false };

/** Functions that do not care how often, or in what order, the values of a list come. */
const OF_SETS: ReadonlySet<string> = new Set(
  'in notIn includes intersects subsetOf supersetOf distinct isNull isNotNull'.split(' '),
);

const HERE: Inside = { perItem: false, variables: [] };

/** Any condition, with what it reads of the events taken out. */
function toFormulaLeaf(node: Expression, planning: Planning): Conditions {
  const features: Feature[] = [];
  const chains: { variable: string; steps: readonly ChainStepSpec[] }[] = [];
  const keep = (feature: Feature): Expression => {
    features.push(feature);
    return { kind: 'name', name: `feature ${features.length}`, up: 0, at: node.at };
  };
  const extract = (part: Expression, around: Expression, variables: readonly string[]): Expression => {
    const inside = (inner: Expression, { variables: bound }: Inside = HERE): Expression =>
      extract(inner, part, [...variables, ...bound]);
    if (part.kind === 'let' && readsOf(part, 0).events) return extract(withoutLet(part, variables), around, variables);
    if (mentions(part, variables)) return mapParts(part, inside);
    const feature = toFeature(part, planning);
    if (feature) return keep(feature);
    const isOfSet = around.kind === 'call' && OF_SETS.has(around.function);
    const values = isOfSet ? toValuesFeature(part, planning) : undefined;
    if (values) return keep(values);
    if (part.kind === 'quantifier' && part.quantifier === 'forall' && readsOf(part, 0).events) {
      return { kind: 'not', of: inside(toCounterExample(part)), at: part.at };
    }
    const filter = toExistsFilter(part, planning);
    if (filter) return toBoolean(keep({ kind: 'count', series: toSeries(filter), window: windowOf(filter) }));
    if (part.kind === 'chain') {
      chains.push({ variable: `chain ${chains.length + 1}`, steps: toChainSteps(part, planning) });
      return { kind: 'name', name: `chain ${chains.length}`, up: 0, at: part.at };
    }
    if (part.kind === 'name' && part.name === 'xEvent') throw new Unkeepable(nameOf(around), around);
    return mapParts(part, inside);
  };
  const tree = extract(node, node, []);
  const { segments, time: readsTime } = readsOf(tree, 0);
  refuseLooseNow(tree);
  const variables = features.map((_, index) => `feature ${index + 1}`);
  const paths = inspectPql(tree)
    .fields.map(({ path }) => path.split('.'))
    .filter(([first = '']) => !first.startsWith('feature ') && !first.startsWith('chain '));
  const whole = readsOf(tree, 0).outer && usesWholeProfile(tree) ? [[]] : [];
  const formula: Formula = { tree, variables, features, chains, segments, readsTime, paths: [...paths, ...whole] };
  return { kind: 'leaf', leaf: { kind: 'formula', formula }, node };
}

function toBoolean(count: Expression): Expression {
  return {
    kind: 'compare',
    operator: '>',
    left: count,
    right: { kind: 'literal', value: 0, at: count.at },
    at: count.at,
  };
}

function nameOf(around: Expression): string {
  if (around.kind === 'call') return `${around.function} over events`;
  if (around.kind !== 'quantifier') return 'Events as a whole';
  return `${around.quantifier} over events${around.sources.length > 1 ? ' and another list' : ''}`;
}

function usesWholeProfile(tree: Expression): boolean {
  let found = false;
  const visit = (node: Expression): Expression => {
    if (node.kind === 'field' && node.of.kind === 'root') return node;
    found ||= node.kind === 'root';
    return mapParts(node, visit);
  };
  visit(tree);
  return found;
}

/** `now` may stand in `occurs` or be compared: elsewhere every instant could turn the rule. */
function refuseLooseNow(tree: Expression): void {
  const visit = (node: Expression): Expression => {
    if (isNow(node)) throw new Unkeepable('now as a value', node);
    const isTimed = node.kind === 'compare' || node.kind === 'occurs';
    return mapParts(node, (part) => (isTimed && isNow(part) ? part : visit(part)));
  };
  visit(tree);
}

function isNow(node: Expression): boolean {
  return node.kind === 'moment' && node.name === 'now';
}
