import { findFunction } from '../functions';
import type { Expression } from '../tree';
import type { Compile } from './chain';
import type { Compilation, Names, Run } from './scope';
import { withVariable } from './scope';

/** A node with the names at its place. */
export interface Part {
  readonly node: Expression;
  readonly names: Names;
}

/** The parts of a node that have one value each: not what is asked of each item of a list. Constants are left out. */
export function createParts(
  node: Expression,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly Part[] {
  const here = (...nodes: readonly Expression[]): readonly Part[] =>
    nodes.filter((part) => !isConstant(part)).map((part) => ({ node: part, names }));
  switch (node.kind) {
    case 'not':
    case 'negate':
      return here(node.of);
    case 'and':
    case 'or':
      return here(...node.of);
    case 'compare':
      return here(node.left, node.right);
    case 'arithmetic':
      return here(node.first, ...node.rest.map(({ operand }) => operand));
    case 'list':
      return here(...node.items);
    case 'call':
      return here(...node.arguments.filter((_, index) => index !== perItemOf(node)));
    case 'filter':
      return here(node.of);
    case 'occurs':
      return here(node.of, ...(node.when.kind === 'between' ? [node.when.low, node.when.high] : [node.when.reference]));
    case 'let':
      return letParts(node, names, run, compilation, compile);
    case 'lambda':
      return [{ node: node.body, names: withVariable(names, node.parameter, names.items.at(-1) ?? 'profile') }];
    default:
      return [];
  }
}

function perItemOf({ function: name, arguments: parts }: Extract<Expression, { kind: 'call' }>): number {
  const index = findFunction(name)?.perItem;
  return index !== undefined && index < parts.length ? index : -1;
}

/** What is bound, then the body with its value in place. */
function letParts(
  node: Extract<Expression, { kind: 'let' }>,
  names: Names,
  run: Run,
  compilation: Compilation,
  compile: Compile,
): readonly Part[] {
  const value = compile(node.value, names);
  const slot = compilation.newSlot();
  run.slots[slot] = value.run(run);
  const inner = withVariable(names, node.variable, { slot, kind: value.kind });
  return [
    { node: node.value, names },
    { node: node.body, names: inner },
  ];
}

function isConstant(node: Expression): boolean {
  return node.kind === 'literal' || node.kind === 'period' || (node.kind === 'list' && node.items.every(isConstant));
}
