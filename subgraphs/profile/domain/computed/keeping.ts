import type { Aggregate, ComputedState, Row } from './computed-attribute';
import { indexAfter, insertRows } from './rows';
import type { Window } from './window';

/** What happens to the rows of one attribute: which are folded together, which stay apart, what is read from them. */
export interface Keeping {
  readonly addRows: (state: ComputedState, rows: readonly Row[]) => ComputedState;
  readonly merge: (a: ComputedState, b: ComputedState) => ComputedState;
  readonly settle: (state: ComputedState, nowMs: number) => ComputedState;
  readonly valueAt: (state: ComputedState, nowMs: number) => unknown;
  /** The next instant at which something that fades is no more; `undefined` for never. */
  readonly nextGoneMs: (state: ComputedState, nowMs: number) => number | undefined;
}

export interface KeepingOptions {
  readonly window?: Window | undefined;
  /** False where rows of the future count already: all are folded at once. */
  readonly waits: boolean;
  readonly maxRows: number;
}

/**
 * In a window every row stays apart until it is gone or hidden. Without one, rows that may be of the future stay apart
 * until they are settled, and all others are folded.
 */
export function createKeeping<W>(aggregate: Aggregate<W>, { window, waits, maxRows }: KeepingOptions): Keeping {
  const wholeOf = ({ whole }: ComputedState): W => (whole === undefined ? aggregate.empty : (whole as W));

  const toState = (settledMs: number | undefined, whole: W, rows: readonly Row[]): ComputedState => ({
    ...(settledMs === undefined ? {} : { settledMs }),
    ...(whole === undefined || whole === aggregate.empty ? {} : { whole }),
    ...(rows.length === 0 ? {} : { rows }),
  });

  const isFolded = (atMs: number, settledMs = Number.NEGATIVE_INFINITY): boolean =>
    !window && (!waits || atMs <= settledMs);

  const addRows = (state: ComputedState, rows: readonly Row[]): ComputedState => {
    const folded = rows.filter(([atMs]) => isFolded(atMs, state.settledMs));
    const apart = folded.length === 0 ? rows : rows.filter(([atMs]) => !isFolded(atMs, state.settledMs));
    const kept = insertRows(state.rows ?? [], apart);
    return toState(
      state.settledMs,
      aggregate.fold(wholeOf(state), folded),
      window && kept.length > maxRows ? kept.slice(-maxRows) : kept,
    );
  };

  const insideOf = ({ rows = [] }: ComputedState, nowMs: number): readonly Row[] =>
    rows.slice(window ? indexAfter(rows, window.lowerMs(nowMs)) : 0, indexAfter(rows, nowMs));

  return {
    addRows,
    merge(a, b) {
      const isOneEmpty = a.whole === undefined || b.whole === undefined;
      const whole = isOneEmpty ? wholeOf(a.whole === undefined ? b : a) : aggregate.merge(wholeOf(a), wholeOf(b));
      return addRows(toState(later(a.settledMs, b.settledMs), whole, []), [...(a.rows ?? []), ...(b.rows ?? [])]);
    },
    settle(state, nowMs) {
      if (!window && !waits) return state;
      const { rows = [] } = state;
      const untilMs = later(state.settledMs, nowMs) ?? nowMs;
      const past = rows.slice(window ? indexAfter(rows, window.goneMs(untilMs)) : 0, indexAfter(rows, untilMs));
      const future = rows.slice(indexAfter(rows, untilMs));
      if (window) return toState(untilMs, aggregate.empty, [...(aggregate.thin?.(past) ?? past), ...future]);
      const whole = aggregate.fold(wholeOf(state), past);
      return toState(untilMs, aggregate.forget?.(whole, untilMs) ?? whole, future);
    },
    valueAt(state, nowMs) {
      const inside = insideOf(state, nowMs);
      if (window && aggregate.readRows) return aggregate.readRows(inside, nowMs);
      return aggregate.read(aggregate.fold(wholeOf(state), inside), nowMs);
    },
    nextGoneMs: (state, nowMs) => aggregate.nextGoneMs?.(aggregate.fold(wholeOf(state), insideOf(state, nowMs)), nowMs),
  };
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
