import { findFunction } from './functions';
import type { ChainStep, Expression, Source, TimeCondition } from './tree';

/** What is around a part of a node: whether it is asked of each item of a list, and which names it finds bound. */
export interface Inside {
  readonly perItem: boolean;
  readonly variables: readonly string[];
}

/** Maps a part of a node to what is to stand in its place. */
export type MapPart = (part: Expression, inside: Inside) => Expression;

const HERE: Inside = { perItem: false, variables: [] };
const ITEM: Inside = { perItem: true, variables: [] };

/** The node with each of its parts mapped. */
export function mapParts(node: Expression, map: MapPart): Expression {
  const here = (part: Expression): Expression => map(part, HERE);
  switch (node.kind) {
    case 'literal':
    case 'name':
    case 'root':
    case 'moment':
    case 'period':
      return node;
    case 'list':
      return { ...node, items: node.items.map(here) };
    case 'field':
    case 'not':
    case 'negate':
      return { ...node, of: here(node.of) };
    case 'and':
    case 'or':
      return { ...node, of: node.of.map(here) };
    case 'compare':
      return { ...node, left: here(node.left), right: here(node.right) };
    case 'arithmetic':
      return {
        ...node,
        first: here(node.first),
        rest: node.rest.map((each) => ({ ...each, operand: here(each.operand) })),
      };
    case 'call': {
      const perItem = findFunction(node.function)?.perItem;
      return { ...node, arguments: node.arguments.map((part, index) => map(part, index === perItem ? ITEM : HERE)) };
    }
    case 'filter':
      return { ...node, of: here(node.of), where: map(node.where, ITEM) };
    case 'occurs':
      return { ...node, of: here(node.of), when: mapCondition(node.when, here) };
    case 'quantifier':
      return { ...node, sources: mapSources(node.sources, map).sources };
    case 'aggregate': {
      const { sources, inside } = mapSources([node.source], map);
      return { ...node, value: map(node.value, inside), source: sources[0] ?? node.source };
    }
    case 'let':
      return { ...node, value: here(node.value), body: map(node.body, { perItem: false, variables: [node.variable] }) };
    case 'lambda':
      return { ...node, body: map(node.body, { perItem: false, variables: [node.parameter] }) };
    case 'chain':
      return {
        ...node,
        events: here(node.events),
        timestamp: map(node.timestamp, ITEM),
        steps: node.steps.map((step, index) => mapStep(step, node.steps.slice(0, index), map)),
      };
  }
}

/** The references of a time condition, mapped. */
function mapCondition(when: TimeCondition, map: (reference: Expression) => Expression): TimeCondition {
  if (when.kind === 'between') return { ...when, low: map(when.low), high: map(when.high) };
  return { ...when, reference: map(when.reference) };
}

/** The parts of a node, each with what is around it. */
export function partsOf(node: Expression): readonly { readonly part: Expression; readonly inside: Inside }[] {
  const parts: { part: Expression; inside: Inside }[] = [];
  mapParts(node, (part, inside) => {
    parts.push({ part, inside });
    return part;
  });
  return parts;
}

function mapSources(sources: readonly Source[], map: MapPart): { sources: readonly Source[]; inside: Inside } {
  const variables: string[] = [];
  const mapped = sources.map(({ variable, from, where }): Source => {
    const list = map(from, { perItem: false, variables: [...variables] });
    variables.push(variable);
    return { variable, from: list, ...(where && { where: map(where, { perItem: false, variables: [...variables] }) }) };
  });
  return { sources: mapped, inside: { perItem: false, variables } };
}

function mapStep(step: ChainStep, before: readonly ChainStep[], map: MapPart): ChainStep {
  const variables = before.filter(({ negated }) => !negated).map(({ label }) => label);
  const what = map(step.what, ITEM);
  if (!step.when) return { ...step, what };
  return { ...step, what, when: mapCondition(step.when, (reference) => map(reference, { perItem: false, variables })) };
}
