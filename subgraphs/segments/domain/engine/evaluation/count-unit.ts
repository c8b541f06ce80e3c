import { firstAfter, firstAtLeast } from '../../../../../platform/bisect';
import type { Window } from '../planning/window';
import { createUnit, type NoteDue, type Unit } from './unit';

const NEVER = Number.POSITIVE_INFINITY;

/** At least `n` events of all times. */
export function createTotalUnit(leaf: number, series: number, n: number): Unit {
  return createUnit(leaf, ({ series: all }) => (all[series]?.total.count ?? 0) >= n);
}

/** At least `n` events in a window of any kind. */
export function createWindowUnit(leaf: number, series: number, n: number, window: Window, noteDue: NoteDue): Unit {
  return createUnit(leaf, (state, nowMs) => {
    const times = state.series[series]?.times ?? [];
    const { lowMs, highMs } = window.bounds(nowMs);
    const after = firstAtLeast(times, highMs);
    const decisive = times[after - n];
    const turns = [decisive, times[after]].filter((t) => t !== undefined).map((t) => window.turn(t, nowMs));
    noteDue(state, Math.min(...turns, NEVER));
    return decisive !== undefined && decisive >= lowMs;
  });
}

/** Conditions on at least `n` events of one series, each in a window of its own length that ends now. */
export interface TrailingGroup {
  readonly series: number;
  readonly n: number;
  readonly leaves: { readonly leaf: number; readonly lengthMs: number }[];
}

/**
 * The n-th newest event tells all of them at once: the windows that are longer than its age hold. Of a change, those
 * alone are told whose length lies between its ages before and after.
 * @param number of the group, under which the state keeps how many of its windows are too short
 */
export function createTrailingUnit(group: TrailingGroup, number: number, noteDue: NoteDue): Unit {
  const sorted = group.leaves.toSorted((a, b) => a.lengthMs - b.lengthMs);
  const leaves = Int32Array.from(sorted, ({ leaf }) => leaf);
  const lengthsMs = Float64Array.from(sorted, ({ lengthMs }) => lengthMs);
  const { series, n } = group;
  return {
    update(state, nowMs, tell) {
      const times = state.series[series]?.times;
      if (!times) return;
      const newest = times[times.length - 1] ?? NEVER;
      const entered = newest <= nowMs ? times.length : firstAfter(times, nowMs);
      const decisive = entered >= n ? (times[entered - n] as number) : Number.NEGATIVE_INFINITY;
      const tooShort = firstAfter(lengthsMs, nowMs - decisive);
      const before = state.tooShort[number] as number;
      state.tooShort[number] = tooShort;
      for (let i = tooShort; i < before; i++) tell(leaves[i] as number, 1);
      for (let i = before; i < tooShort; i++) tell(leaves[i] as number, 0);
      const ends = tooShort < leaves.length ? decisive + (lengthsMs[tooShort] as number) : NEVER;
      noteDue(state, Math.min(ends, times[entered] ?? NEVER));
    },
  };
}
