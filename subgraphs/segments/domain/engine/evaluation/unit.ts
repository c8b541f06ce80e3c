import type { Tell } from './field-table';
import type { RuleState } from './state';

/** Conditions that are asked again together, when something that they read moved. */
export interface Unit {
  /** Tells which of its conditions hold at `nowMs`: all of them, or those that turned. Takes note of its next turn. */
  update(state: RuleState, nowMs: number, tell: Tell): void;
}

/** Tells when time alone may turn what is tested, Infinity for never. */
export type NoteDue = (state: RuleState, dueMs: number) => void;

/** A condition by itself. */
export function createUnit(leaf: number, holds: (state: RuleState, nowMs: number) => boolean): Unit {
  return { update: (state, nowMs, tell) => tell(leaf, holds(state, nowMs) ? 1 : 0) };
}
