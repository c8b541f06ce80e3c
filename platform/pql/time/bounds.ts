import type { TimeCondition } from '../tree';
import type { Calendar } from './calendar';
import { endOf, inDays, type MovingReference, startAt, toMovingReference } from './moving';

/** The instants that fulfil a condition when it is `nowMs`: those from `lowMs` up to, and without, `highMs`. */
export interface Bounds {
  readonly lowMs: number;
  readonly highMs: number;
}

/**
 * The bounds of a condition whose references are moments, periods and dates written in the rule; they move only on with
 * time, clock changes apart. `undefined` for one that has none: `!=`, `ignoring year`, or another kind of reference.
 */
export type BoundsFinder = (nowMs: number) => Bounds;

const EARLIEST = Number.NEGATIVE_INFINITY;
const LATEST = Number.POSITIVE_INFINITY;

/** How to find a condition's bounds. @param toFixed the place of a reference that does not move, if it is a date */
export function createBoundsFinder(
  when: TimeCondition,
  toFixed: (node: Parameters<typeof toMovingReference>[0]) => { startMs: number; endMs: number } | undefined,
  calendar: Calendar,
): BoundsFinder | undefined {
  if (when.ignoringYear) return undefined;
  const find = (node: Parameters<typeof toMovingReference>[0]): Edges | undefined => {
    const moving = toMovingReference(node);
    return moving ? toMovingEdges(moving, calendar) : toFixedEdges(toFixed(node), calendar);
  };
  if (when.kind === 'between') {
    const [low, high] = [find(when.low), find(when.high)];
    return low && high ? (nowMs) => ({ lowMs: low.start(nowMs), highMs: high.end(nowMs) }) : undefined;
  }
  const edges = find(when.reference);
  if (!edges) return undefined;
  if (when.kind === 'distance') return createDistanceBounds(when, edges, calendar);
  return (nowMs) => toBounds(when.kind, edges, nowMs);
}

/** Where a reference starts, and the first instant that comes after it; by whole days for `on`. */
interface Edges {
  start(nowMs: number): number;
  end(nowMs: number): number;
  dayStart(nowMs: number): number;
  dayEnd(nowMs: number): number;
}

function toMovingEdges(moving: MovingReference, calendar: Calendar): Edges {
  const days = inDays(moving);
  return {
    start: (nowMs) => startAt(moving, nowMs, calendar),
    end: (nowMs) => (moving.unit ? startAt(endOf(moving), nowMs, calendar) : nowMs + 1),
    dayStart: (nowMs) => startAt(days, nowMs, calendar),
    dayEnd: (nowMs) => startAt(endOf(days), nowMs, calendar),
  };
}

function toFixedEdges(span: { startMs: number; endMs: number } | undefined, calendar: Calendar): Edges | undefined {
  if (!span) return undefined;
  const isInstant = span.startMs === span.endMs;
  const day = isInstant ? (calendar.dayOf(span.startMs) ?? span) : span;
  return {
    start: () => span.startMs,
    end: () => (isInstant ? span.endMs + 1 : span.endMs),
    dayStart: () => day.startMs,
    dayEnd: () => day.endMs,
  };
}

function toBounds(kind: 'before' | 'after' | 'from' | 'on', edges: Edges, nowMs: number): Bounds {
  switch (kind) {
    case 'before':
      return { lowMs: EARLIEST, highMs: edges.start(nowMs) };
    case 'after':
      return { lowMs: edges.end(nowMs), highMs: LATEST };
    case 'from':
      return { lowMs: edges.start(nowMs), highMs: LATEST };
    case 'on':
      return { lowMs: edges.dayStart(nowMs), highMs: edges.dayEnd(nowMs) };
  }
}

function createDistanceBounds(
  when: Extract<TimeCondition, { kind: 'distance' }>,
  edges: Edges,
  calendar: Calendar,
): BoundsFinder | undefined {
  const { comparison, count, unit } = when;
  const isBefore = when.direction === 'before';
  const steps = isBefore ? -count : count;
  const bound = (nowMs: number): number => calendar.plus(edges.start(nowMs), steps, unit);
  switch (comparison) {
    case '!=':
      return undefined;
    case '=':
      return (nowMs) => {
        const there = calendar.step(edges.start(nowMs), steps, unit);
        return { lowMs: calendar.startOf(unit, there), highMs: calendar.startAfter(unit, there, 1) };
      };
    case '<':
    case '<=': {
      const inclusive = comparison === '<=' ? 1 : 0;
      if (isBefore) return (nowMs) => ({ lowMs: bound(nowMs) + 1 - inclusive, highMs: edges.start(nowMs) + 1 });
      return (nowMs) => ({ lowMs: edges.start(nowMs), highMs: bound(nowMs) + inclusive });
    }
    case '>':
    case '>=': {
      const inclusive = comparison === '>=' ? 1 : 0;
      if (isBefore) return (nowMs) => ({ lowMs: EARLIEST, highMs: bound(nowMs) + inclusive });
      return (nowMs) => ({ lowMs: bound(nowMs) + 1 - inclusive, highMs: LATEST });
    }
  }
}
