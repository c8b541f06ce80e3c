import type { Window } from '../planning/window';
import type { LiveLeaf, NoteDue } from './live-leaf';
import { firstAtLeast } from './series';

const NEVER = Number.POSITIVE_INFINITY;

/** At least `n` events of all times. */
export function createTotalLeaf(series: number, n: number): LiveLeaf {
  return { test: ({ series: all }) => (all[series]?.total.count ?? 0) >= n };
}

/**
 * At least `n` events in a window that ends now: the n-th newest tells. With its length added, it tells when the
 * condition ends.
 */
export function createTrailingLeaf(series: number, n: number, lengthMs: number, noteDue: NoteDue): LiveLeaf {
  return {
    test(state, nowMs) {
      const times = state.series[series]?.times;
      if (!times || times.length === 0) {
        noteDue(state, NEVER);
        return false;
      }
      const newest = times[times.length - 1] as number;
      const entered = newest <= nowMs ? times.length : firstAtLeast(times, nowMs + 1);
      const decisive = entered >= n ? (times[entered - n] as number) : Number.NEGATIVE_INFINITY;
      const holds = decisive + lengthMs > nowMs;
      noteDue(state, holds ? decisive + lengthMs : (times[entered] ?? NEVER));
      return holds;
    },
  };
}

/** At least `n` events in any other window. */
export function createWindowLeaf(series: number, n: number, window: Window, noteDue: NoteDue): LiveLeaf {
  return {
    test(state, nowMs) {
      const times = state.series[series]?.times ?? [];
      const { lowMs, highMs } = window.bounds(nowMs);
      const after = firstAtLeast(times, highMs);
      const decisive = times[after - n];
      const turns = [decisive, times[after]].filter((t) => t !== undefined).map((t) => window.turn(t, nowMs));
      noteDue(state, Math.min(...turns, NEVER));
      return decisive !== undefined && decisive >= lowMs;
    },
  };
}
