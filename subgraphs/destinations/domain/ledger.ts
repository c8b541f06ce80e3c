import type { Delivery, DeliveryStatus } from './delivery';

/** The counts of one destination and segment: received = sent + skipped + failed + pending, at any instant. */
export interface Ledger {
  readonly destination: string;
  readonly segment: string;
  readonly received: number;
  readonly sent: number;
  readonly skipped: number;
  readonly failed: number;
  readonly pending: number;
  /** Why deliveries are skipped or failed, and how many. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
}

const COUNTS: Readonly<Record<DeliveryStatus, 'sent' | 'skipped' | 'failed' | 'pending'>> = {
  SENT: 'sent',
  SKIPPED: 'skipped',
  FAILED: 'failed',
  PENDING: 'pending',
};

/** A ledger that has counted nothing. */
export function newLedger(destination: string, segment: string): Ledger {
  return { destination, segment, received: 0, sent: 0, skipped: 0, failed: 0, pending: 0, reasons: [] };
}

/** The ledger after a delivery became `after`; `before` is absent when it was just taken in. */
export function count(ledger: Ledger, before: Delivery | undefined, after: Delivery): Ledger {
  const taken = before ? remove(ledger, before) : { ...ledger, received: ledger.received + 1 };
  const name = COUNTS[after.status];
  return { ...taken, [name]: taken[name] + 1, reasons: countReason(taken.reasons, after, 1) };
}

function remove(ledger: Ledger, delivery: Delivery): Ledger {
  const name = COUNTS[delivery.status];
  return { ...ledger, [name]: ledger[name] - 1, reasons: countReason(ledger.reasons, delivery, -1) };
}

function countReason(reasons: Ledger['reasons'], { status, reason }: Delivery, by: 1 | -1): Ledger['reasons'] {
  if (status !== 'SKIPPED' && status !== 'FAILED') return reasons;
  const named = reason ?? 'unknown';
  const counted = (reasons.find((known) => known.reason === named)?.count ?? 0) + by;
  const others = reasons.filter((known) => known.reason !== named);
  return counted > 0 ? [...others, { reason: named, count: counted }] : others;
}
