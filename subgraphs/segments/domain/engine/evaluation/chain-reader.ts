import { firstAfter, firstAtLeast } from '../../../../../platform/bisect';
import { type MatchStep, matchChain } from '../../../../../platform/pql/evaluation/chain-match';
import type { ChainStepSpec } from '../planning/leaf';
import type { FeatureReader } from './feature-reader';
import { createReaderUnit } from './formula-unit';
import type { RuleState } from './state';
import type { NoteDue, Unit } from './unit';

const NEVER = Number.POSITIVE_INFINITY;

/** A chain as a condition. */
export function createChainUnit(
  leaf: number,
  steps: readonly ChainStepSpec[],
  series: readonly number[],
  noteDue: NoteDue,
): Unit {
  if (!isSimple(steps)) return createReaderUnit(leaf, createMatchReader(steps, series), noteDue);
  const isLasting = steps.every(({ window }) => !window);
  return {
    update(state, nowMs, tell) {
      // More events cannot end what asks only that there be some.
      if (isLasting && state.truth[leaf] === 1) return;
      const dueMs = findLatestEnd(steps, series, state, nowMs);
      const holds = !Number.isNaN(dueMs);
      if (!isLasting) noteDue(state, holds ? dueMs : findNextEntry(state, nowMs, steps, series));
      tell(leaf, holds ? 1 : 0);
    },
  };
}

/** Whether a chain holds, read from the series of its steps: for conditions that ask for more than that. */
export function createChainReader(steps: readonly ChainStepSpec[], series: readonly number[]): FeatureReader {
  if (!isSimple(steps)) return createMatchReader(steps, series);
  return {
    read: (state, nowMs) => !Number.isNaN(findLatestEnd(steps, series, state, nowMs)),
    turn(state, nowMs) {
      const dueMs = findLatestEnd(steps, series, state, nowMs);
      return Number.isNaN(dueMs) ? findNextEntry(state, nowMs, steps, series) : dueMs;
    },
  };
}

/** Steps without conditions on each other, in windows that end now. */
function isSimple(steps: readonly ChainStepSpec[]): boolean {
  return steps.every(
    ({ negated, exactly, anchored, window }) =>
      !negated && !exactly && !anchored && (!window || window.lengthMs !== undefined),
  );
}

/**
 * When the latest choice of events that fits leaves its windows, NaN when there is none. Found from the last step back,
 * no other choice lasts longer.
 */
function findLatestEnd(
  steps: readonly ChainStepSpec[],
  series: readonly number[],
  state: RuleState,
  nowMs: number,
): number {
  let beforeMs = NEVER;
  let dueMs = NEVER;
  for (let index = steps.length - 1; index >= 0; index--) {
    const { n, window } = steps[index] as ChainStepSpec;
    const times = state.series[series[index] as number]?.times;
    if (!times) return Number.NaN;
    const endMs = window ? Math.min(beforeMs, nowMs + 1) : beforeMs;
    const newest = times[times.length - 1] ?? NEVER;
    const end = newest < endMs ? times.length : firstAtLeast(times, endMs);
    const first = times[end - n];
    if (first === undefined) return Number.NaN;
    if (window) dueMs = Math.min(dueMs, first + (window.lengthMs ?? 0));
    if (dueMs <= nowMs) return Number.NaN;
    beforeMs = first;
  }
  return dueMs;
}

/** When the next event that is still to come enters a window. */
function findNextEntry(
  state: RuleState,
  nowMs: number,
  steps: readonly ChainStepSpec[],
  series: readonly number[],
): number {
  return steps.reduce((least, { window }, index) => {
    if (!window) return least;
    const times = state.series[series[index] as number]?.times ?? [];
    return Math.min(least, times[firstAfter(times, nowMs)] ?? NEVER);
  }, NEVER);
}

function createMatchReader(steps: readonly ChainStepSpec[], series: readonly number[]): FeatureReader {
  return {
    read: (state, nowMs) =>
      matchChain(
        steps.map((step, index) => toMatchStep(step, state.series[series[index] as number]?.times ?? [], nowMs)),
      ) !== undefined,
    turn: (state, nowMs) =>
      steps.reduce((least, { window }, index) => {
        if (!window) return least;
        const times = state.series[series[index] as number]?.times ?? [];
        const { lowMs, highMs } = window.bounds(nowMs);
        const [from, to] = [firstAtLeast(times, lowMs), firstAtLeast(times, highMs)];
        const edges = [times[from - 1], times[from], times[to]].filter((t) => t !== undefined);
        return edges.reduce((soonest, t) => Math.min(soonest, window.turn(t, nowMs)), least);
      }, NEVER),
  };
}

function toMatchStep(step: ChainStepSpec, times: readonly number[], nowMs: number): MatchStep {
  const { negated, n, exactly, window, windowed, anchored } = step;
  const bounds = window?.bounds(nowMs);
  const candidates = bounds
    ? times.slice(firstAtLeast(times, bounds.lowMs), firstAtLeast(times, bounds.highMs))
    : times;
  const anchors = (anchored?.references ?? []).filter((reference) => typeof reference === 'number');
  return {
    negated,
    n,
    exactly,
    candidates,
    windowed,
    anchors,
    isInWindow: anchored ? (t, ends) => isAnchored(anchored, t, ends) : () => true,
  };
}

function isAnchored(
  { test, references }: NonNullable<ChainStepSpec['anchored']>,
  t: number,
  ends: readonly number[],
): boolean {
  const [low, high] = references.map((reference) => {
    if (typeof reference !== 'number') return reference;
    const end = ends[reference] as number;
    return { startMs: end, endMs: end };
  });
  return test(t, low, high);
}
