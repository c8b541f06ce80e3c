import type { Expression } from '../../../../../platform/pql/tree';
import {
  type EventFilter,
  isTimestamp,
  type Planning,
  toEventFilter,
  toSelectFilter,
  windowOf,
  withCondition,
} from './event-filter';
import type { Feature, SeriesSpec } from './leaf';
import { readsOf, toItemForm } from './rewriting';
import { Unkeepable } from './unkeepable';

/** The feature that an expression over events is; `undefined` when it is none by itself. */
export function toFeature(node: Expression, planning: Planning): Feature | undefined {
  if (node.kind === 'aggregate') return toOverFeature(node, planning);
  if (node.kind !== 'call') return undefined;
  const { function: name, arguments: parts } = node;
  const [first, second] = parts;
  if (!first || !isAggregate(name)) return undefined;
  if (name === 'count') return toCount(first, second, planning);
  if (second) {
    const filter = toEventFilter(first, planning);
    return filter && withValue(name, filter, second, false);
  }
  const values = toEventValues(first, planning);
  return values && withValue(name, values.filter, values.of, values.joinsLists);
}

/** The different values of a list that is read from events: for those who do not care how often each is there. */
export function toValuesFeature(list: Expression, planning: Planning): Feature | undefined {
  const inner = list.kind === 'call' && list.function === 'distinct' ? list.arguments[0] : list;
  const values = inner && toEventValues(inner, planning);
  return values && withValue('values', values.filter, values.of, values.joinsLists);
}

/** How many events fit; a filter alone, so that a threshold need not count them all. */
export function toCountFilter(node: Expression, planning: Planning): EventFilter | undefined {
  const feature = node.kind === 'call' && node.function === 'count';
  const [first, second] = feature ? node.arguments : [];
  const filter = first && toEventFilter(first, planning);
  return filter && second ? withCondition(filter, second, planning) : filter;
}

/** The filter whose having any event is what `exists` asks. */
export function toExistsFilter(node: Expression, planning: Planning): EventFilter | undefined {
  if (node.kind === 'quantifier' && node.quantifier !== 'select') return toSelectFilter(node.sources, node, planning);
  if (node.kind !== 'call' || node.function !== 'exists') return undefined;
  const [list, where] = node.arguments;
  const filter = list && toEventFilter(list, planning);
  return filter && where && withCondition(filter, where, planning);
}

/** The series of a filter's events, their times alone. */
export function toSeries({ conditions }: EventFilter): SeriesSpec {
  return { conditions };
}

type AggregateName = 'count' | 'sum' | 'average' | 'min' | 'max';

function isAggregate(name: string): name is AggregateName {
  return name === 'count' || name === 'sum' || name === 'average' || name === 'min' || name === 'max';
}

function toCount(list: Expression, where: Expression | undefined, planning: Planning): Feature | undefined {
  const filter = toEventFilter(list, planning);
  if (filter) {
    const whole = where ? withCondition(filter, where, planning) : filter;
    return { kind: 'count', series: toSeries(whole), window: windowOf(whole) };
  }
  const values = where ? undefined : toEventValues(list, planning);
  return values && withValue('count', values.filter, values.of, values.joinsLists);
}

interface EventValues {
  readonly filter: EventFilter;
  readonly of: Expression;
  readonly joinsLists: boolean;
}

/** A list that is read from events: `xEvent.a.b`, or `xEvent.map(…)`. */
function toEventValues(list: Expression, planning: Planning): EventValues | undefined {
  if (list.kind === 'field') {
    const filter = toEventFilter(list.of, planning);
    const [name = '', ...rest] = list.path;
    const first: Expression = { kind: 'name', name, up: 0, at: list.at };
    const of: Expression = rest.length > 0 ? { kind: 'field', of: first, path: rest, at: list.at } : first;
    return filter && { filter, of, joinsLists: true };
  }
  if (list.kind !== 'call' || list.function !== 'map') return undefined;
  const [source, of] = list.arguments;
  const filter = source && toEventFilter(source, planning);
  return filter && of && { filter, of, joinsLists: false };
}

function toOverFeature(node: Extract<Expression, { kind: 'aggregate' }>, planning: Planning): Feature | undefined {
  const filter = toSelectFilter([node.source], node, planning);
  if (!filter) return undefined;
  const of = toItemForm(node.value, node.source.variable);
  if (!of) throw new Unkeepable('A whole event as a value', node.value);
  return withValue(node.function, filter, of, false);
}

function withValue(kind: Feature['kind'], filter: EventFilter, of: Expression, joinsLists: boolean): Feature {
  const reads = readsOf(of, 1);
  if (reads.events || reads.outer || reads.time || reads.segments.length > 0) {
    throw new Unkeepable('A value that is not of one event alone', of);
  }
  if (!isTimestamp(of) && mayBeDate(of)) throw new Unkeepable('A computed date of each event', of);
  return { kind, series: { conditions: filter.conditions, value: { of, joinsLists } }, window: windowOf(filter) };
}

/** Values are kept as JSON: of the dates, only an event's own time can be. */
function mayBeDate(node: Expression): boolean {
  if (isTimestamp(node) || (node.kind === 'call' && node.function === 'date')) return true;
  if (node.kind === 'call' && node.function === 'if') return node.arguments.slice(1).some(mayBeDate);
  if (node.kind === 'list') return node.items.some(mayBeDate);
  return node.kind === 'let';
}
