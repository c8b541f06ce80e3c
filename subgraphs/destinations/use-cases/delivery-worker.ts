import type { Clock, Timer } from '../../../platform/clock';
import type { Log } from '../../../platform/log';
import type { Stored } from '../../../platform/store/store';
import type { Connector, HttpSend } from '../connectors/connector';
import { allowance, type Breaker, type BreakerRule, CLOSED } from '../domain/breaker';
import { type Attempt, type Delivery, idempotencyKey, type RetryRule } from '../domain/delivery';
import type { Destination } from '../domain/destination';
import type { Lane } from '../domain/lane';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import { claimLanes, dropHeads } from './claim-lanes';
import { createOutcomeRecorder } from './outcome-recorder';

/** What workers stand on. `random` gives numbers in [0, 1). */
export interface WorkerDependencies {
  readonly store: DeliveryStore;
  readonly configuration: DestinationsConfiguration;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly http: HttpSend;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly rules: DeliveryRules;
  /** True when no other process sends: then lanes need no claim. */
  readonly alone: boolean;
}

/** How deliveries are made. Times in milliseconds. */
export interface DeliveryRules {
  readonly retry: RetryRule;
  readonly breaker: BreakerRule;
  /** How long an attempt may take. */
  readonly timeoutMs: number;
  /** How many attempts of one destination are on their way at once. */
  readonly atOnce: number;
  /** For how long a process has a lane to itself, and how soon another looks for what it left. */
  readonly leaseMs: number;
}

/** Sends what waits for one destination: in order per profile, at least once. */
export interface DeliveryWorker {
  /** Looks for what may be sent; more calls while it looks are one. */
  wake(): void;
  /** Resolves when nothing that is due is left to do. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The worker of one destination. It begins with the first `wake`. */
export function createDeliveryWorker(
  dependencies: WorkerDependencies,
  sandbox: string,
  destinationId: string,
): DeliveryWorker {
  const { store, configuration, connectors, clock, log, rules, alone } = dependencies;
  const recorder = createOutcomeRecorder(store, sandbox, destinationId, rules.breaker);
  const onTheWay = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let looking: Promise<void> | undefined;
  let again = false;
  let timer: Timer | undefined;
  let breaker: Breaker | undefined;

  const wake = (): void => {
    if (closing.signal.aborted) return;
    again = true;
    looking ??= look().finally(() => {
      looking = undefined;
      if (again) wake();
    });
  };

  const wakeAt = (atMs: number | undefined): void => {
    timer?.cancel();
    timer = atMs === undefined || closing.signal.aborted ? undefined : clock.at(atMs, wake);
  };

  const look = async (): Promise<void> => {
    while (again && !closing.signal.aborted) {
      again = false;
      try {
        await sendDue();
      } catch (error) {
        log.error({ err: error, destination: destinationId }, 'looking for deliveries failed');
        wakeAt(clock.now() + rules.retry.baseMs);
      }
    }
  };

  const sendDue = async (): Promise<void> => {
    const destination = (await configuration.routes(sandbox)).destinations.get(destinationId)?.destination;
    const connector = destination && connectors.get(destination.connector);
    if (!connector || !destination.enabled) return wakeAt(undefined);
    const busy = new Set(onTheWay.keys());
    if (!alone || !breaker) breaker = (await store.breaker(sandbox, destinationId)) ?? CLOSED;
    const nowMs = clock.now();
    const free = allowance(breaker, rules.atOnce, nowMs) - onTheWay.size;
    if (free <= 0) return onTheWay.size === 0 ? wakeAt(breaker.openUntilMs) : undefined;
    const due = await store.dueLanes(sandbox, destinationId, nowMs, free + busy.size);
    // What ended since is looked at anew: its end wakes.
    const lanes = due.filter(({ id }) => !busy.has(id)).slice(0, free);
    if (lanes.length === 0) return wakeAt(await nextLookMs(nowMs));
    const mine = alone ? lanes : await claimLanes(store, sandbox, destinationId, lanes, nowMs + rules.leaseMs);
    const heads = await store.deliveries(
      sandbox,
      mine.map(({ value }) => value.queue[0] ?? ''),
    );
    mine.forEach((lane, index) => {
      const head = heads[index];
      if (head?.value.status === 'PENDING') begin(lane, head, destination, connector);
    });
    const stale = mine.filter((_, index) => heads[index]?.value.status !== 'PENDING');
    if (stale.length > 0) await dropHeads(store, sandbox, destinationId, stale, nowMs);
    again = true;
  };

  const nextLookMs = async (nowMs: number): Promise<number | undefined> => {
    const nextDueMs = await store.nextDueMs(sandbox, destinationId, nowMs);
    if (alone) return nextDueMs;
    return Math.min(nextDueMs ?? Number.POSITIVE_INFINITY, nowMs + rules.leaseMs);
  };

  const begin = (lane: Stored<Lane>, head: Stored<Delivery>, destination: Destination, connector: Connector): void => {
    const sending = sendOne(head, destination, connector)
      .catch((error: unknown) => log.error({ err: error, delivery: head.id }, 'a delivery could not be recorded'))
      .finally(() => {
        onTheWay.delete(lane.id);
        wake();
      });
    onTheWay.set(lane.id, sending);
  };

  const sendOne = async (head: Stored<Delivery>, destination: Destination, connector: Connector): Promise<void> => {
    const attempt = await tryOnce(head, destination, connector);
    if (closing.signal.aborted && attempt.kind === 'failed') return;
    const attempts = connector.attempts(destination.settings) ?? rules.retry.attempts;
    breaker = await recorder.record({
      deliveryId: head.id,
      delivery: head.value,
      attempt,
      rule: { ...rules.retry, attempts },
      atMs: clock.now(),
      random: dependencies.random(),
    });
  };

  const tryOnce = async (
    { id, value }: Stored<Delivery>,
    { settings }: Destination,
    connector: Connector,
  ): Promise<Attempt> => {
    const nowMs = clock.now();
    const overtime = new AbortController();
    const timeout = clock.at(nowMs + (connector.timeoutMs(settings) ?? rules.timeoutMs), () => overtime.abort());
    const signal = AbortSignal.any([overtime.signal, closing.signal]);
    const dispatch = { settings, body: value.body ?? '', idempotencyKey: idempotencyKey(id, value), nowMs, signal };
    try {
      return await connector.send(dispatch, dependencies.http);
    } finally {
      timeout.cancel();
    }
  };

  return {
    wake,
    async idle() {
      while (looking || onTheWay.size > 0) await Promise.all([looking, ...onTheWay.values()]);
    },
    async close() {
      closing.abort();
      timer?.cancel();
      while (looking || onTheWay.size > 0) await Promise.all([looking, ...onTheWay.values()]);
    },
  };
}
