import type { ComputedSnapshot } from '../../../flow/ports';
import type { RuleSet, RuleState } from './engine/rule-set';

/** Computed attributes, and what time alone does to them. */
export type Computed = Pick<ComputedSnapshot, 'computedAttributes' | 'computedUntilMs' | 'computedHalfLivesMs'>;

/**
 * When to look at computed attributes again because they may move something by themselves; `undefined` for never.
 * @param state has just taken them in, as of `atMs`
 */
export function findComputedUntil(
  state: RuleState,
  { computedUntilMs = Number.POSITIVE_INFINITY, computedHalfLivesMs }: Omit<Computed, 'computedAttributes'>,
  atMs: number,
  rules: RuleSet,
): number | undefined {
  const fadeMs = computedHalfLivesMs ? rules.nextFadeMs(state, computedHalfLivesMs, atMs) : undefined;
  const untilMs = Math.min(computedUntilMs, fadeMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(untilMs) ? untilMs : undefined;
}
