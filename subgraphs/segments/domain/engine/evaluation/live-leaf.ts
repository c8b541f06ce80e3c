import type { RuleState } from './state';

/** A condition that is evaluated against a state: told anew when something that it reads moved. */
export interface LiveLeaf {
  /** True when it holds at `nowMs`; takes note of when time alone may turn it. */
  test(state: RuleState, nowMs: number): boolean;
}

/** Tells when time alone may turn what is tested, Infinity for never. */
export type NoteDue = (state: RuleState, dueMs: number) => void;
