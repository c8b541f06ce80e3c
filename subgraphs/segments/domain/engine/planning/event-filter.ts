import { printPql } from '../../../../../platform/pql/print';
import type { Calendar } from '../../../../../platform/pql/time/calendar';
import type { Expression, Source } from '../../../../../platform/pql/tree';
import { toAlternatives } from './complement';
import { readsOf, toItemForm } from './rewriting';
import { Unkeepable } from './unkeepable';
import { intersectWindows, toWindow, type Window } from './window';

/** Some of the events: those that fit conditions on themselves alone and happened within a window. */
export interface EventFilter {
  /** What each event must fulfil, whenever it is asked; names are the event's own. */
  readonly conditions: readonly Expression[];
  readonly windows: readonly { readonly key: string; readonly window: Window }[];
}

/** What planning needs to know of the world. */
export interface Planning {
  readonly calendar: Calendar;
  readonly timeZone: string;
}

const ALL_EVENTS: EventFilter = { conditions: [], windows: [] };

/** The filter that a list of events is made by; `undefined` for a list of something else. */
export function toEventFilter(list: Expression, planning: Planning): EventFilter | undefined {
  if (list.kind === 'name' && list.name === 'xEvent') return ALL_EVENTS;
  if (list.kind === 'quantifier' && list.quantifier === 'select') return toSelectFilter(list.sources, list, planning);
  const [all] = list.kind === 'call' && list.function === 'distinct' ? list.arguments : [];
  // No event is there twice.
  if (all) return toEventFilter(all, planning);
  const [of, where] = toFilterParts(list);
  const base = of && toEventFilter(of, planning);
  return base && where ? withCondition(base, where, planning) : undefined;
}

function toFilterParts(list: Expression): readonly Expression[] {
  if (list.kind === 'filter') return [list.of, list.where];
  const isFilter = list.kind === 'call' && (list.function === 'filter' || list.function === 'select');
  return isFilter ? list.arguments : [];
}

/** `select E from xEvent where …, I from E.items where …`: further sources ask something of the event. */
export function toSelectFilter(
  sources: readonly Source[],
  node: Expression,
  planning: Planning,
): EventFilter | undefined {
  const [first, ...rest] = sources;
  const base = first && toEventFilter(first.from, planning);
  if (!base) return undefined;
  const { variable, where } = first;
  const nested: Expression[] =
    rest.length > 0 ? [{ kind: 'quantifier', quantifier: 'exists', sources: rest, at: node.at }] : [];
  return [...(where ? [where] : []), ...nested].reduce<EventFilter>((filter, condition) => {
    const asItem = toItemForm(condition, variable);
    if (!asItem) throw new Unkeepable('A whole event in a comparison', condition);
    return withCondition(filter, asItem, planning);
  }, base);
}

/** The filter with one more condition. Fails when that is more than a condition on one event and its time. */
export function withCondition(filter: EventFilter, where: Expression, planning: Planning): EventFilter {
  if (where.kind === 'and') return where.of.reduce((so, part) => withCondition(so, part, planning), filter);
  const reads = readsOf(where, 1);
  if (reads.events) throw new Unkeepable('Comparing events with each other', where);
  if (reads.outer) throw new Unkeepable('Comparing each event with something of the profile', where);
  if (reads.segments.length > 0) throw new Unkeepable('Asking for a segment for each event', where);
  if (!reads.time) return { ...filter, conditions: [...filter.conditions, where] };
  const [only, ...others] = toAlternatives(where);
  const isSimpler = only && (only.kind === 'and' || (only.kind === 'occurs' && where.kind !== 'occurs'));
  if (isSimpler && others.length === 0) return withCondition(filter, only, planning);
  const isOfTime = where.kind === 'occurs' && isTimestamp(where.of);
  const window = isOfTime ? toWindow(where.when, planning.calendar) : undefined;
  if (!window) throw new Unkeepable('A condition on time that is no window', where);
  return { ...filter, windows: [...filter.windows, { key: printPql(where), window }] };
}

/** True for the name of an event's own time. */
export function isTimestamp(node: Expression): boolean {
  return node.kind === 'name' && node.name === 'timestamp' && node.up === 0;
}

/** The window of a filter; `undefined` when the events of all times count. */
export function windowOf({ windows }: EventFilter): Window | undefined {
  return intersectWindows(windows.map(({ window }) => window));
}
