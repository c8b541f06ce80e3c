import { type Breaker, type BreakerRule, CLOSED, noteAttempt } from '../domain/breaker';
import { type Attempt, type Delivery, membershipOf, type RetryRule, settle } from '../domain/delivery';
import { dequeue, laneId, noteSent } from '../domain/lane';
import type { DeliveryBook, DeliveryStore } from '../store/delivery-store';
import { countDelivery, ledgerId } from './take-in';

/** One attempt that was made. */
export interface Tried {
  readonly deliveryId: string;
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  readonly rule: RetryRule;
  readonly atMs: number;
  /** In [0, 1): spreads the next attempts. */
  readonly random: number;
}

/** Writes down how attempts at one destination ended; those that end while one commit is on its way share the next. */
export interface OutcomeRecorder {
  /** Resolves with the breaker as it is afterwards, when it is safe. */
  record(tried: Tried): Promise<Breaker>;
}

/** For one destination. */
export function createOutcomeRecorder(
  store: DeliveryStore,
  sandbox: string,
  destination: string,
  breakerRule: BreakerRule,
): OutcomeRecorder {
  let waiting: Tried[] = [];
  let next: Promise<Breaker> | undefined;

  const begin = (): Promise<Breaker> => {
    let batch: readonly Tried[] | undefined;
    return store.change(sandbox, destination, (book) => {
      // Gathered once: a step that is tried again settles the same attempts; what comes later waits for the next step.
      if (!batch) {
        batch = waiting;
        waiting = [];
        next = undefined;
      }
      return settleAll(book, destination, batch, breakerRule);
    });
  };

  return {
    record(tried) {
      waiting.push(tried);
      next ??= begin();
      return next;
    },
  };
}

async function settleAll(
  book: DeliveryBook,
  destination: string,
  batch: readonly Tried[],
  breakerRule: BreakerRule,
): Promise<Breaker> {
  await book.lanes.load(batch.map(({ delivery }) => laneId(destination, delivery.profileId)));
  await book.deliveries.load(batch.map(({ deliveryId }) => deliveryId));
  await book.ledger.load(batch.map(({ delivery }) => ledgerId(destination, delivery.segment)));
  await book.breakers.load([destination]);
  for (const tried of batch) settleOne(book, destination, tried, breakerRule);
  return book.breakers.get(destination) ?? CLOSED;
}

function settleOne(book: DeliveryBook, destination: string, tried: Tried, breakerRule: BreakerRule): void {
  const { deliveryId, attempt, rule, atMs, random } = tried;
  const before = book.deliveries.get(deliveryId);
  const id = laneId(destination, tried.delivery.profileId);
  const lane = book.lanes.get(id);
  noteBreaker(book, destination, attempt, breakerRule, atMs);
  if (before?.status !== 'PENDING' || !lane) return;
  const { delivery: after, retryAtMs } = settle(before, attempt, rule, atMs, random);
  book.deliveries.set(deliveryId, after);
  countDelivery(book, before, after);
  if (retryAtMs !== undefined) book.lanes.set(id, { ...lane, dueAtMs: retryAtMs });
  else {
    const known = after.status === 'SENT' ? noteSent(lane, membershipOf(after), atMs) : lane;
    book.lanes.set(id, dequeue(known, deliveryId, atMs));
  }
}

function noteBreaker(book: DeliveryBook, destination: string, attempt: Attempt, rule: BreakerRule, atMs: number): void {
  const before = book.breakers.get(destination) ?? CLOSED;
  const after = noteAttempt(before, attempt, rule, atMs);
  if (after.failures === before.failures && after.openUntilMs === before.openUntilMs) return;
  book.breakers.set(destination, after);
}
