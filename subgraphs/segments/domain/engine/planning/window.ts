import { type Bounds, createBoundsFinder } from '../../../../../platform/pql/time/bounds';
import { type Calendar, fixedLengthMs } from '../../../../../platform/pql/time/calendar';
import type { DateValue } from '../../../../../platform/pql/time/date-value';
import { createTurnFinder } from '../../../../../platform/pql/time/turns';
import type { Expression, TimeCondition } from '../../../../../platform/pql/tree';

/** Which instants count, and how that moves with time. */
export interface Window {
  bounds(nowMs: number): Bounds;
  /** The first instant after now at which whether `t` counts may turn. */
  turn(t: number, nowMs: number): number;
  /** Set when an instant counts from itself on, for as long: of `< 7 days before now`, 7 days. */
  readonly lengthMs?: number;
  /** How far the bounds may go back, by clocks that are set back or months that are shorter. */
  readonly slackMs: number;
}

/** A month back from the 31st and from the 28th is the same day: bounds may go back so far. */
const SETBACK_MS = 5 * 86_400_000;

/** The window of a condition on an event's time; `undefined` for one that is no stretch of time. */
export function toWindow(when: TimeCondition, calendar: Calendar): Window | undefined {
  const bounds = createBoundsFinder(when, (node) => toFixed(node, calendar), calendar);
  if (!bounds) return undefined;
  const turn = createTurnFinder(when, calendar) ?? (() => Number.POSITIVE_INFINITY);
  const lengthMs = toLength(when);
  return {
    bounds,
    turn,
    slackMs: lengthMs === undefined ? SETBACK_MS : 0,
    ...(lengthMs !== undefined && { lengthMs }),
  };
}

/** The stretch of time that is in all of them. */
export function intersectWindows(windows: readonly Window[]): Window | undefined {
  const [only] = windows;
  if (windows.length <= 1) return only;
  return {
    bounds(nowMs) {
      const all = windows.map((window) => window.bounds(nowMs));
      return {
        lowMs: Math.max(...all.map(({ lowMs }) => lowMs)),
        highMs: Math.min(...all.map(({ highMs }) => highMs)),
      };
    },
    turn: (t, nowMs) => Math.min(...windows.map((window) => window.turn(t, nowMs))),
    slackMs: Math.max(...windows.map(({ slackMs }) => slackMs)),
  };
}

/** A reference that is a date written in the rule. */
export function toFixed(node: Expression, calendar: Calendar): DateValue | undefined {
  if (node.kind === 'literal' && typeof node.value === 'string') return calendar.parse(node.value);
  if (node.kind !== 'call' || node.function !== 'date') return undefined;
  const [year, month, day] = node.arguments.map((part) => (part.kind === 'literal' ? Number(part.value) : Number.NaN));
  return calendar.day(year ?? Number.NaN, month ?? Number.NaN, day ?? Number.NaN);
}

function toLength(when: TimeCondition): number | undefined {
  if (when.kind !== 'distance' || when.direction !== 'before') return undefined;
  const { comparison, count, unit, reference } = when;
  const unitMs = fixedLengthMs(unit);
  if (unitMs === undefined || reference.kind !== 'moment' || reference.name !== 'now') return undefined;
  if (comparison === '<') return count * unitMs;
  return comparison === '<=' ? count * unitMs + 1 : undefined;
}
