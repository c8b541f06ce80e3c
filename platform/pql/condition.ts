import type { Expression } from './tree';

/**
 * A node as it is read where a condition is expected: what picks items of a list (`select … from …`, `list[…]`,
 * `list.filter(…)`) holds when it picks any; all else stands for itself.
 */
export function asCondition(node: Expression): Expression {
  switch (node.kind) {
    case 'quantifier':
      return node.quantifier === 'select' ? { ...node, quantifier: 'exists' } : node;
    case 'filter':
      return { kind: 'call', function: 'exists', arguments: [node.of, node.where], at: node.at };
    case 'let':
    case 'lambda':
      return { ...node, body: asCondition(node.body) };
    case 'call':
      return asConditionalCall(node);
    default:
      return node;
  }
}

function asConditionalCall(node: Extract<Expression, { kind: 'call' }>): Expression {
  const [first, ...branches] = node.arguments;
  if (node.function === 'filter' || node.function === 'select') return { ...node, function: 'exists' };
  return node.function === 'if' && first ? { ...node, arguments: [first, ...branches.map(asCondition)] } : node;
}
