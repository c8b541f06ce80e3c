import { compileEventPql, type PqlEvent } from '../../../../../platform/pql/evaluate';
import { isMissing } from '../../../../../platform/pql/evaluation/values';
import { printPql } from '../../../../../platform/pql/print';
import type { Calendar } from '../../../../../platform/pql/time/calendar';
import type { Expression } from '../../../../../platform/pql/tree';
import type { Planning } from '../planning/event-filter';
import type { SeriesSpec } from '../planning/leaf';
import type { Window } from '../planning/window';
import { compileEventTest } from './event-test';
import { addValue, createSeries, dropOldest, insert, type Series } from './series';

/** How much of a series its readers need. Grows while rules are compiled. */
export interface Retention {
  /** Every event: a chain without window reads it. */
  all: boolean;
  /** So many of the newest: `at least n times within …` reads them. */
  latest: number;
  /** The longest stretch back from now that those are read in. */
  latestLengthMs: number;
  /** All within these. */
  readonly windows: Window[];
  /** Whether what all came to is read. */
  total: boolean;
  distinct: boolean;
}

/** A series as it is filled: from which events, with what, and how much of it is kept. */
export interface SeriesPlan {
  readonly index: number;
  readonly key: string;
  /** The event types that alone can fit; absent: any. */
  readonly eventTypes?: readonly string[];
  readonly fits: (event: PqlEvent) => boolean;
  /** The values that an event brings. Absent: its time is enough. */
  readonly read?: (event: PqlEvent) => readonly unknown[];
  readonly retention: Retention;
  /** Units that read it. */
  readonly readers: number[];
}

/** The same for series of the same events and value. */
export function toSeriesKey({ conditions, value }: SeriesSpec): string {
  const parts = [...new Set(conditions.map(printPql))].sort();
  return JSON.stringify([parts, value ? [printPql(value.of), value.joinsLists] : 0]);
}

/** Compiles a series. */
export function createSeriesPlan(index: number, key: string, spec: SeriesSpec, { timeZone }: Planning): SeriesPlan {
  const types = toEventTypes(spec.conditions);
  const asked = spec.conditions.filter((condition) => condition !== types?.condition);
  const tests = asked.map((condition) => compileEventTest(condition, timeZone));
  const value = spec.value && compileValue(spec.value, timeZone);
  return {
    index,
    key,
    ...(types && { eventTypes: types.names }),
    fits: toConjunction(tests),
    ...(value && { read: value }),
    retention: { all: false, latest: 0, latestLengthMs: 0, windows: [], total: false, distinct: false },
    readers: [],
  };
}

/** Takes an event in that fits. Without a value to read it brings nothing. */
export function addEvent(
  plan: SeriesPlan,
  known: Series | undefined,
  event: PqlEvent,
  { nowMs, most, calendar }: { readonly nowMs: number; readonly most: number; readonly calendar: Calendar },
): Series | undefined {
  const values = plan.read?.(event);
  if (values?.length === 0) return known;
  const { retention } = plan;
  const series = known ?? createSeries(values !== undefined, retention.distinct);
  if (retention.total) {
    if (values) for (const value of values) addValue(series.total, value, calendar);
    else series.total.count++;
  }
  if (retention.all || retention.latest > 0 || retention.windows.length > 0) {
    insert(series, event.timestampMs, values && toEntry(values));
    prune(series, retention, nowMs, most);
  }
  return series;
}

/** One value stands for itself, unless it is a list. */
function toEntry(values: readonly unknown[]): unknown {
  return values.length === 1 && !Array.isArray(values[0]) ? values[0] : values;
}

/** Drops what no reader will read again: the oldest beyond the newest, out of every window, or over the limit. */
function prune(series: Series, retention: Retention, nowMs: number, most: number): void {
  const { times } = series;
  if (retention.all || times.length > most) {
    dropOldest(series, times.length - most);
    if (retention.all) return;
  }
  let neededFrom = Number.POSITIVE_INFINITY;
  for (const { bounds, slackMs } of retention.windows) neededFrom = Math.min(neededFrom, bounds(nowMs).lowMs - slackMs);
  const reachBackMs = nowMs - retention.latestLengthMs;
  let drop = 0;
  for (; drop < times.length; drop++) {
    const t = times[drop] as number;
    if (t >= neededFrom || t > nowMs) break;
    const isOfLatest = times.length - drop <= retention.latest || (times[drop + retention.latest] as number) > nowMs;
    if (isOfLatest && t > reachBackMs) break;
  }
  dropOldest(series, drop);
}

function toConjunction(tests: readonly ((event: PqlEvent) => boolean)[]): (event: PqlEvent) => boolean {
  const [first, second] = tests;
  if (!first) return () => true;
  return second ? (event) => tests.every((test) => test(event)) : first;
}

function compileValue({ of, joinsLists }: NonNullable<SeriesSpec['value']>, timeZone: string) {
  const evaluate = compileEventPql(of, { timeZone });
  return (event: PqlEvent): readonly unknown[] => {
    const value = evaluate(event);
    if (joinsLists && Array.isArray(value)) return value;
    return isMissing(value) ? [] : [value];
  };
}

/** The types that a condition on `eventType` leaves. */
function toEventTypes(conditions: readonly Expression[]) {
  for (const condition of conditions) {
    const names = typesOf(condition);
    if (names) return { condition, names };
  }
  return undefined;
}

function typesOf(node: Expression): readonly string[] | undefined {
  if (node.kind === 'compare' && node.operator === '=' && isEventType(node.left)) return textsOf([node.right]);
  if (node.kind !== 'call' || node.arguments.length !== 2) return undefined;
  const [of, other] = node.arguments;
  if (!of || !other || !isEventType(of)) return undefined;
  if (node.function === 'equals') return textsOf([other]);
  return node.function === 'in' && other.kind === 'list' ? textsOf(other.items) : undefined;
}

function isEventType(node: Expression): boolean {
  return node.kind === 'name' && node.name === 'eventType' && node.up === 0;
}

function textsOf(nodes: readonly Expression[]): readonly string[] | undefined {
  const texts = nodes.map((node) => (node.kind === 'literal' ? node.value : undefined));
  return texts.every((text) => typeof text === 'string') ? [...new Set(texts)] : undefined;
}
