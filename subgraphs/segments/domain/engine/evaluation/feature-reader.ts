import { firstAtLeast } from '../../../../../platform/bisect';
import type { Calendar } from '../../../../../platform/pql/time/calendar';
import type { Feature } from '../planning/leaf';
import { readStretch, readTotal } from './series';
import type { RuleState } from './state';

/** What a feature comes to, and until when if nothing but time passes. */
export interface FeatureReader {
  read(state: RuleState, nowMs: number): unknown;
  turn(state: RuleState, nowMs: number): number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Reads a feature of a series. */
export function createFeatureReader({ kind, window }: Feature, series: number, calendar: Calendar): FeatureReader {
  if (!window) return { read: (state) => readTotal(state.series[series]?.total, kind), turn: () => NEVER };
  return {
    read(state, nowMs) {
      const known = state.series[series];
      if (!known) return readTotal(undefined, kind);
      const { lowMs, highMs } = window.bounds(nowMs);
      const stretch = { from: firstAtLeast(known.times, lowMs), to: firstAtLeast(known.times, highMs) };
      return readStretch(known, stretch, kind, calendar);
    },
    turn(state, nowMs) {
      const times = state.series[series]?.times ?? [];
      const { lowMs, highMs } = window.bounds(nowMs);
      const [from, to] = [firstAtLeast(times, lowMs), firstAtLeast(times, highMs)];
      const edges = [times[from - 1], times[from], times[to]].filter((t) => t !== undefined);
      return edges.reduce((least, t) => Math.min(least, window.turn(t, nowMs)), NEVER);
    },
  };
}
