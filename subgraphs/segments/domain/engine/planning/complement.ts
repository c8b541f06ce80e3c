import type { Comparison, Expression, TimeCondition } from '../../../../../platform/pql/tree';
import { readsOf } from './rewriting';

/** More alternatives than this are not looked for. */
const MOST_ALTERNATIVES = 16;

/**
 * A condition on an event as alternatives without `or` or `not` around its time: an event fits when it fits one of them.
 * One that does not read the time stays as it is.
 */
export function toAlternatives(where: Expression): readonly Expression[] {
  if (!readsOf(where, 1).time) return [where];
  const alternatives = split(where, false);
  return alternatives.length > MOST_ALTERNATIVES ? [where] : alternatives;
}

function split(node: Expression, negated: boolean): readonly Expression[] {
  if (!readsOf(node, 1).time) return [negated ? { kind: 'not', of: node, at: node.at } : node];
  if (node.kind === 'not') return split(node.of, !negated);
  if (node.kind === 'and' || node.kind === 'or') {
    const parts = node.of.map((part) => split(part, negated));
    return (node.kind === 'or') === negated ? combine(parts, node) : parts.flat();
  }
  const timed = toOccurs(node);
  if (!negated) return [timed];
  if (timed.kind !== 'occurs' || timed.when.ignoringYear) return [{ kind: 'not', of: node, at: node.at }];
  return complementsOf(timed.when).map((when) => ({ ...timed, when }));
}

/** A comparison with a moment as the condition on time that it is; anything else as it is. */
function toOccurs(node: Expression): Expression {
  if (node.kind !== 'compare') return node;
  const isMirrored = node.left.kind === 'moment';
  const [of, reference] = isMirrored ? [node.right, node.left] : [node.left, node.right];
  const operator = isMirrored ? MIRRORED[node.operator] : node.operator;
  const when = reference.kind === 'moment' ? toCondition(operator, reference) : undefined;
  return when ? { kind: 'occurs', of, when, at: node.at } : node;
}

const MIRRORED = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

/** A moment is compared by when it begins. */
function toCondition(operator: Comparison, reference: Expression): TimeCondition | undefined {
  const fromStart = { kind: 'distance', count: 0, unit: 'millisecond', reference } as const;
  switch (operator) {
    case '<':
      return { kind: 'before', reference };
    case '<=':
      return { ...fromStart, comparison: '>=', direction: 'before' };
    case '>':
      return { ...fromStart, comparison: '>', direction: 'after' };
    case '>=':
      return { kind: 'from', reference };
    default:
      return undefined;
  }
}

/** One of each, in every combination. */
function combine(parts: readonly (readonly Expression[])[], { at }: Expression): readonly Expression[] {
  return parts.reduce<readonly Expression[]>(
    (so, alternatives) => {
      if (so.length > MOST_ALTERNATIVES) return so;
      return so.flatMap((one) =>
        alternatives.map((other) => ({ kind: 'and', of: [...conjuncts(one), ...conjuncts(other)], at }) as const),
      );
    },
    [{ kind: 'and', of: [], at }],
  );
}

function conjuncts(node: Expression): readonly Expression[] {
  return node.kind === 'and' ? node.of : [node];
}

const OPPOSITES = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '=': '!=', '!=': '=' } as const;

/** The conditions, of which never two hold, that hold where this one does not. */
function complementsOf(when: TimeCondition): readonly TimeCondition[] {
  switch (when.kind) {
    case 'before':
      return [{ kind: 'from', reference: when.reference }];
    case 'from':
      return [{ kind: 'before', reference: when.reference }];
    case 'after':
      return [upTo(when.reference)];
    case 'on':
      return [
        { kind: 'before', reference: wholeDay(when.reference) },
        { kind: 'after', reference: wholeDay(when.reference) },
      ];
    case 'between':
      return [
        { kind: 'before', reference: when.low },
        { kind: 'after', reference: when.high },
      ];
    case 'distance':
      return complementsOfDistance(when);
  }
}

/** From the beginning of time to the reference's end. */
function upTo(reference: Expression): TimeCondition {
  return { kind: 'between', low: { kind: 'literal', value: '0000-01-01', at: reference.at }, high: reference };
}

function wholeDay(reference: Expression): Expression {
  return reference.kind === 'moment' && reference.name === 'now' ? { ...reference, name: 'today' } : reference;
}

function complementsOfDistance(when: Extract<TimeCondition, { kind: 'distance' }>): readonly TimeCondition[] {
  const opposite: TimeCondition = { ...when, comparison: OPPOSITES[when.comparison] };
  if (when.comparison === '=' || when.comparison === '!=') return [opposite];
  const direction = when.direction === 'before' ? 'after' : 'before';
  const otherSide: TimeCondition = { ...when, comparison: '>', count: 0, unit: 'millisecond', direction };
  return [opposite, otherSide];
}
