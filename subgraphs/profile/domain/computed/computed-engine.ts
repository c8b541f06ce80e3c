import type { ProfileEvent } from '../../../../flow/events';
import { createAffinity } from './aggregates/affinity';
import { createDistinctCount } from './aggregates/distinct';
import { createExtreme, createFirst, createLast } from './aggregates/picks';
import { createAverage, createCount, createSum } from './aggregates/totals';
import type { Aggregate, ComputedAttribute, ComputedState } from './computed-attribute';
import { parseLengthMs, parseSpan } from './duration';
import { createKeeping } from './keeping';
import { findNextChange, findNextJump } from './next-change';
import { createValueReader } from './value-reader';
import { createWindow } from './window';

export interface ComputedOptions {
  /** The attribute's filter, compiled: whether an event counts. Absent: every event does. */
  readonly matches?: (event: ProfileEvent) => boolean;
  /** The IANA zone of months and years (default: UTC). */
  readonly timeZone?: string;
  /** How many rows a state keeps for a window; the older ones leave first. Absent: all. */
  readonly maxRows?: number;
}

/**
 * One computed attribute at work (P-15). States are plain JSON and never changed in place; the same events give the same
 * value in whatever order, portions and merges they come. Each event must be added once: its key is not remembered.
 */
export interface ComputedEngine {
  /** The state of these events and no others: for new attributes, splits and reverts. */
  readonly rebuild: (events: readonly ProfileEvent[]) => ComputedState;
  /** The state with the event; the same object when the event does not count. */
  readonly add: (state: ComputedState, event: ProfileEvent) => ComputedState;
  /** As `add`, for many at once, in any order. */
  readonly addAll: (state: ComputedState, events: readonly ProfileEvent[]) => ComputedState;
  /** The state of two profiles that became one. No event may be in both. */
  readonly merge: (a: ComputedState, b: ComputedState) => ComputedState;
  /** A smaller state that is as exact for `nowMs` and later, late events included. */
  readonly settle: (state: ComputedState, nowMs: number) => ComputedState;
  /** The value at this instant, plain JSON; `undefined` when it is missing. Exact from `state.settledMs` on. */
  readonly valueAt: (state: ComputedState, nowMs: number) => unknown;
  /**
   * The next instant at which time alone changes the value, of scores with a half-life: other than by fading; `undefined`
   * for never. Never too late; early only after many instants in a row that change nothing.
   */
  readonly nextChangeMs: (state: ComputedState, nowMs: number) => number | undefined;
  /** Set where scores fade: in so long each halves. */
  readonly halfLifeMs?: number;
}

/** The state of no events. */
export const EMPTY_STATE: ComputedState = {};

/** Sets a parsed definition to work. */
export function createComputedEngine(attribute: ComputedAttribute, options: ComputedOptions = {}): ComputedEngine {
  const build = <W>(aggregate: Aggregate<W>): ComputedEngine => createEngine(attribute, aggregate, options);
  switch (attribute.function) {
    case 'COUNT':
      return build(createCount(attribute.value !== undefined));
    case 'SUM':
      return build(createSum());
    case 'AVERAGE':
      return build(createAverage());
    case 'MIN':
      return build(createExtreme(-1));
    case 'MAX':
      return build(createExtreme(1));
    case 'FIRST':
      return build(createFirst());
    case 'LAST':
      return build(createLast());
    case 'DISTINCT_COUNT':
      return build(createDistinctCount());
    case 'AFFINITY': {
      const { weights = {}, halfLife } = attribute;
      const halfLifeMs = halfLife === undefined ? undefined : parseLengthMs(halfLife);
      if (halfLifeMs === undefined) return build(createAffinity({ weights }));
      return { ...build(createAffinity({ weights, halfLifeMs })), halfLifeMs };
    }
  }
}

function createEngine<W>(
  attribute: ComputedAttribute,
  aggregate: Aggregate<W>,
  { matches = () => true, timeZone = 'UTC', maxRows = Number.POSITIVE_INFINITY }: ComputedOptions,
): ComputedEngine {
  const readValues = createValueReader(attribute.value);
  const span = attribute.window === undefined ? undefined : parseSpan(attribute.window);
  const window = span && createWindow(span, timeZone);
  // Without a window time changes an affinity alone, so that of its events the future ones wait; others count at once.
  const keeping = createKeeping(aggregate, { window, waits: attribute.function === 'AFFINITY', maxRows });
  const addAll: ComputedEngine['addAll'] = (state, events) => {
    const rows = events.filter(matches).flatMap((event) => aggregate.rowsOf(event, readValues(event)));
    return rows.length === 0 ? state : keeping.addRows(state, rows);
  };
  return {
    rebuild: (events) => addAll(EMPTY_STATE, events),
    add: (state, event) => addAll(state, [event]),
    addAll,
    merge: keeping.merge,
    settle: keeping.settle,
    valueAt: keeping.valueAt,
    nextChangeMs: (state, nowMs) =>
      (attribute.halfLife === undefined ? findNextChange : findNextJump)(keeping, window, state, nowMs),
  };
}
