import { findFunction } from '../functions';
import type { Expression } from '../tree';
import type { Compile } from './chain';
import type { Compilation, Names, Run } from './scope';
import { withVariable } from './scope';

/** A node with the names at its place. */
export interface Part {
  readonly node: Expression;
  readonly names: Names;
  /** True where a condition is expected. */
  readonly isCondition: boolean;
}

/** The parts of a node that have one value each: not what is asked of each item of a list. Constants are left out. */
export function createParts(part: Part, run: Run, compilation: Compilation, compile: Compile): readonly Part[] {
  const { node, names, isCondition } = part;
  const all = (nodes: readonly Expression[], areConditions: boolean): readonly Part[] =>
    nodes.filter((each) => !isConstant(each)).map((each) => ({ node: each, names, isCondition: areConditions }));
  const here = (...nodes: readonly Expression[]): readonly Part[] => all(nodes, false);
  switch (node.kind) {
    case 'not':
      return all([node.of], true);
    case 'and':
    case 'or':
      return all(node.of, true);
    case 'negate':
      return here(node.of);
    case 'compare':
      return here(node.left, node.right);
    case 'arithmetic':
      return here(node.first, ...node.rest.map(({ operand }) => operand));
    case 'list':
      return here(...node.items);
    case 'call':
      return callParts(node, names);
    case 'filter':
      return here(node.of);
    case 'quantifier':
      return here(...node.sources.slice(0, 1).map(({ from }) => from));
    case 'aggregate':
      return here(node.source.from);
    case 'occurs':
      return here(node.of, ...(node.when.kind === 'between' ? [node.when.low, node.when.high] : [node.when.reference]));
    case 'let':
      return letParts(node, part, run, compilation, compile);
    case 'lambda':
      return [
        { node: node.body, names: withVariable(names, node.parameter, names.items.at(-1) ?? 'profile'), isCondition },
      ];
    default:
      return [];
  }
}

function callParts(call: Extract<Expression, { kind: 'call' }>, names: Names): readonly Part[] {
  const perItem = perItemOf(call);
  return call.arguments.flatMap((node, index): readonly Part[] => {
    const isCondition = call.function === 'if' && index === 0;
    return index === perItem || isConstant(node) ? [] : [{ node, names, isCondition }];
  });
}

function perItemOf({ function: name, arguments: parts }: Extract<Expression, { kind: 'call' }>): number {
  const index = findFunction(name)?.perItem;
  return index !== undefined && index < parts.length ? index : -1;
}

/** What is bound, then the body with its value in place. */
function letParts(
  node: Extract<Expression, { kind: 'let' }>,
  { names, isCondition }: Part,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly Part[] {
  const value = compile(node.value, names);
  const slot = compilation.newSlot();
  run.slots[slot] = value.run(run);
  const inner = withVariable(names, node.variable, { slot, kind: value.kind });
  return [
    { node: node.value, names, isCondition: false },
    { node: node.body, names: inner, isCondition },
  ];
}

function isConstant(node: Expression): boolean {
  return node.kind === 'literal' || node.kind === 'period' || (node.kind === 'list' && node.items.every(isConstant));
}
