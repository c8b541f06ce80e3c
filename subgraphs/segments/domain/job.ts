interface Work {
  readonly done: number;
  /** As far as is known; never less than `done`. */
  readonly total: number;
  /** 1 while there is something to do, absent afterwards. */
  readonly open?: 1;
}

/** A rule that was published, on its way to all people. */
export interface Backfill extends Work {
  readonly kind: 'BACKFILL';
  readonly segmentId: string;
  /** When the rule was published. */
  readonly sinceMs: number;
  /** Where in the round of all people it began: it is through when the round comes by again. */
  readonly from?: string;
  readonly wrapped: boolean;
}

/** A rule that was withdrawn: its members leave. */
export interface Withdrawal extends Work {
  readonly kind: 'WITHDRAWAL';
  readonly segmentId: string;
  /** The last member that left. */
  readonly after: string;
}

export type EvaluationStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** Segments evaluated for all people, on demand or on schedule (S-15). */
export interface EvaluationRun extends Work {
  readonly kind: 'EVALUATION';
  readonly segmentIds: readonly string[];
  readonly status: EvaluationStatus;
  readonly startedMs: number;
  readonly finishedMs?: number;
  /** The last person that was evaluated. */
  readonly after: string;
  readonly realized: number;
  readonly exited: number;
  /** Realized memberships of people known in each namespace. */
  readonly byNamespace: Readonly<Record<string, number>>;
  /** Why it failed. */
  readonly reason?: string;
}

export type Job = Backfill | Withdrawal | EvaluationRun;

/** A backfill of a rule that was just published. */
export function newBackfill(segmentId: string, sinceMs: number): Backfill {
  return { kind: 'BACKFILL', segmentId, sinceMs, wrapped: false, done: 0, total: 0, open: 1 };
}

/** The withdrawal of a rule that had `members` members. */
export function newWithdrawal(segmentId: string, members: number): Withdrawal {
  return { kind: 'WITHDRAWAL', segmentId, after: '', done: 0, total: members, open: 1 };
}

/** A page of the round of all people: those after `from` up to `to`; without `to`, to the end. */
export interface RoundPage {
  readonly from: string;
  readonly to: string | undefined;
  readonly people: number;
  /** How many people the last whole round met. */
  readonly knownTotal: number;
}

/** The backfill after one page of the round that it took part in. */
export function advanceBackfill(backfill: Backfill, { from, to, people, knownTotal }: RoundPage): Backfill {
  const began = backfill.from ?? from;
  const wrapped = backfill.wrapped || to === undefined;
  const done = backfill.done + people;
  const moved = { ...backfill, from: began, wrapped, done, total: Math.max(done, knownTotal) };
  const isThrough = wrapped && (to === undefined ? began === '' : to >= began);
  if (!isThrough) return moved;
  const { open: _, ...rest } = moved;
  return { ...rest, total: done };
}
