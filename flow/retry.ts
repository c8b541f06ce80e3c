import { isAppError } from '../platform/errors';
import type { LogEntry } from '../platform/store/event-log';
import type { Outcome, Reaction } from './reactions';
import { keyOf, type WaitingKey } from './waiting-keys';

/** When a failed entry is tried again, and when it is given up. */
export interface RetryPolicy {
  readonly attempts: number;
  /** The longest wait before the second attempt, in milliseconds; it doubles with each further one. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** Eight attempts within about a minute. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 8, firstMs: 500, mostMs: 60_000, random: Math.random };

/** How a delivery ended: what waits for another try, and what was given up with its reason. */
export interface Delivered {
  readonly waiting: readonly WaitingKey[];
  readonly dead: readonly { readonly entry: LogEntry; readonly reason: string }[];
}

/** What the reaction answered, or a retry for all when it threw. */
export interface Answer {
  readonly outcomes: readonly Outcome[];
  /** It threw: one entry may have taken the others down. */
  readonly threw: boolean;
  /** It threw because something it stands on is away: no entry is to blame. */
  readonly blameless: boolean;
}

/** Calls the reaction; never throws. */
export async function ask(reaction: Reaction<never>, entries: readonly LogEntry<never>[]): Promise<Answer> {
  try {
    const outcomes = await reaction(entries);
    if (outcomes.length === entries.length) return { outcomes, threw: false, blameless: false };
    throw new Error(`A reaction answered ${outcomes.length} outcomes for ${entries.length} entries.`);
  } catch (error) {
    const outcome: Outcome = { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
    return { outcomes: entries.map(() => outcome), threw: true, blameless: isAppError(error) && error.retryable };
  }
}

/** Sorts the answered entries. A key's entries behind one that is to be retried wait with it, whatever was answered. */
export function settle(
  entries: readonly LogEntry[],
  answer: Answer,
  attemptsOf: ReadonlyMap<number, number>,
  policy: RetryPolicy,
  nowMs: number,
): Delivered {
  const waiting = new Map<string, WaitingKey>();
  const dead: { entry: LogEntry; reason: string }[] = [];
  entries.forEach((entry, at) => {
    const outcome = answer.outcomes[at];
    const ahead = waiting.size > 0 ? waiting.get(keyOf(entry)) : undefined;
    if (ahead) ahead.entries.push(entry);
    else if (outcome?.kind === 'dead-letter') dead.push({ entry, reason: outcome.reason });
    else if (outcome?.kind === 'retry') {
      const attempts = (attemptsOf.get(entry.position) ?? 0) + 1;
      if (attempts >= policy.attempts && !answer.blameless) {
        dead.push({ entry, reason: `${outcome.reason} (given up after ${attempts} attempts)` });
        return;
      }
      const key = keyOf(entry);
      const dueMs = nowMs + backoffMs(policy, attempts);
      waiting.set(key, { key, entries: [entry], attempts, dueMs, alone: answer.threw && !answer.blameless });
    }
  });
  return { waiting: [...waiting.values()], dead };
}

// Half fixed, half random, so that those that failed together do not come back together.
function backoffMs({ firstMs, mostMs, random }: RetryPolicy, attempts: number): number {
  const longest = Math.min(mostMs, firstMs * 2 ** Math.min(attempts - 1, 30));
  return longest / 2 + (longest / 2) * random();
}
