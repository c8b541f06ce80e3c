import type { Attempt } from './delivery';

/** Whether a destination can be reached, as far as its last attempts tell. */
export interface Breaker {
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** How often in a row it has opened. */
  readonly openings: number;
  /** Until when nothing is sent; past that, one attempt at a time is. */
  readonly openUntilMs?: number;
}

/** After how many failures in a row nothing is sent for a while, and for how long: doubling with each opening. */
export interface BreakerRule {
  readonly failures: number;
  readonly openMs: number;
  readonly longestOpenMs: number;
}

export const CLOSED: Breaker = { failures: 0, openings: 0 };

/** The breaker after an attempt. One that was refused reached the destination: that is no failure of it. */
export function noteAttempt(breaker: Breaker, attempt: Attempt, rule: BreakerRule, nowMs: number): Breaker {
  if (attempt.kind !== 'failed') return CLOSED;
  const failures = breaker.failures + 1;
  if (isOpen(breaker, nowMs) || failures < rule.failures) return { ...breaker, failures };
  const openMs = Math.min(rule.longestOpenMs, rule.openMs * 2 ** breaker.openings);
  return { failures, openings: breaker.openings + 1, openUntilMs: nowMs + openMs };
}

/** True while nothing is sent. */
export function isOpen({ openUntilMs }: Breaker, nowMs: number): boolean {
  return openUntilMs !== undefined && nowMs < openUntilMs;
}

/** How many attempts may be on their way at once. */
export function allowance(breaker: Breaker, most: number, nowMs: number): number {
  if (isOpen(breaker, nowMs)) return 0;
  return breaker.openUntilMs === undefined ? most : 1;
}

export type Health = 'HEALTHY' | 'RETRYING' | 'OPEN_CIRCUIT' | 'DISABLED';

/** How a destination is. After the breaker's time is over it is still OPEN_CIRCUIT until an attempt goes through. */
export function healthOf(enabled: boolean, breaker: Breaker): Health {
  if (!enabled) return 'DISABLED';
  if (breaker.openUntilMs !== undefined) return 'OPEN_CIRCUIT';
  return breaker.failures > 0 ? 'RETRYING' : 'HEALTHY';
}
