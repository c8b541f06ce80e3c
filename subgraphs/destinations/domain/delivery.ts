import type { Membership } from './message';

export type DeliveryStatus = 'PENDING' | 'SENT' | 'SKIPPED' | 'FAILED';

/** One message to one destination about one person: on its way, or how it ended. */
export interface Delivery extends Omit<Membership, 'status'> {
  readonly destination: string;
  readonly profileId: string;
  readonly membership: Membership['status'];
  readonly status: DeliveryStatus;
  /** Why it was skipped or failed, or why the last attempt did. */
  readonly reason?: string;
  readonly attempts: number;
  /** How often it was sent again after it had failed for good. */
  readonly replays: number;
  /** When it was last tried; before that, when it was taken in. */
  readonly atMs: number;
  /** The message, byte for byte; kept until it was sent. */
  readonly body?: string;
}

/** The same for every attempt of one message; another one after a replay, which may say something else. */
export function idempotencyKey(id: string, { replays }: Delivery): string {
  return replays === 0 ? id : `${id}.${replays}`;
}

/** The membership that the delivery tells of. */
export function membershipOf({ segment, membership, qualifiedAtMs }: Delivery): Membership {
  return { segment, status: membership, qualifiedAtMs };
}

/** How one attempt ended. `refused`: trying again would not help. */
export type Attempt =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number };

/** When and how often a failing delivery is tried again. Times in milliseconds. */
export interface RetryRule {
  readonly attempts: number;
  readonly baseMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait after the `attempts`-th failure: doubling from the base to the longest, between half and the whole of it
 * by chance ("equal jitter"); never less than the receiver asked for, as far as the longest goes.
 * @param random in [0, 1)
 */
export function backoffMs(rule: RetryRule, attempts: number, random: number, retryAfterMs = 0): number {
  const whole = Math.min(rule.longestMs, rule.baseMs * 2 ** (attempts - 1));
  return Math.max(whole * (0.5 + random / 2), Math.min(retryAfterMs, rule.longestMs));
}

/** The delivery after an attempt, and when it is to be tried again. */
export interface Settled {
  readonly delivery: Delivery;
  /** Absent: it ended. */
  readonly retryAtMs?: number;
}

/** What an attempt makes of a delivery. */
export function settle(delivery: Delivery, attempt: Attempt, rule: RetryRule, nowMs: number, random: number): Settled {
  const attempts = delivery.attempts + 1;
  if (attempt.kind === 'sent') {
    const { body: _, reason: __, ...rest } = delivery;
    return { delivery: { ...rest, status: 'SENT', attempts, atMs: nowMs } };
  }
  const tried = { ...delivery, attempts, atMs: nowMs, reason: attempt.reason };
  if (attempt.kind === 'refused' || attempts >= rule.attempts) return { delivery: { ...tried, status: 'FAILED' } };
  return { delivery: tried, retryAtMs: nowMs + backoffMs(rule, attempts, random, attempt.retryAfterMs) };
}
