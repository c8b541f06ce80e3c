import type { Expression, TimeCondition } from '../../../../../platform/pql/tree';
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
  if (!negated) return [node];
  if (node.kind !== 'occurs' || node.when.ignoringYear) return [{ kind: 'not', of: node, at: node.at }];
  return complementsOf(node.when).map((when) => ({ ...node, when }));
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
