import { type Clock, createSystemClock } from '../platform/clock';
import { isAppError } from '../platform/errors';
import type { Log } from '../platform/log';
import { type EventLog, isErased, type LogEntry } from '../platform/store/event-log';
import type { OffsetKeeper } from './offsets';
import type { Reaction } from './reactions';
import { ask, type RetryPolicy, settle } from './retry';
import type { Signal } from './signal';
import { createWaitingKeys, type WaitingKey } from './waiting-keys';

/** One stream's partition on its way to one reaction, batch after batch. */
export interface Lane {
  readonly id: string;
  readonly stream: string;
  readonly partition: number;
  /** Begins after the stored offset. */
  start(): void;
  /** Ends after the batch under way, with the offset stored. May be started again. */
  stop(): Promise<void>;
  /** Resolves when all up to `position` was handed over and nothing is due for another try; false when it was stopped. */
  reached(position: number): Promise<boolean>;
}

/** What a lane needs. */
export interface LaneOptions {
  readonly id: string;
  readonly subgraph: string;
  readonly stream: string;
  readonly partition: number;
  readonly reaction: Reaction<never>;
  readonly eventLog: EventLog;
  readonly offsets: OffsetKeeper;
  /** Raised when there may be something to do. */
  readonly signal: Signal;
  readonly clock: Clock;
  readonly log: Log;
  readonly batchSize: number;
  readonly retry: RetryPolicy;
}

// So many entries may wait behind failing keys before nothing more is read.
const MOST_WAITING = 10_000;
const AFTER_FAILURE_MS = 1000;

/** A lane that stands still until it is started. */
export function createLane(options: LaneOptions): Lane {
  const { id, stream, partition, clock, eventLog, offsets, signal, log } = options;
  const machineClock = createSystemClock();
  let running: Promise<void> | undefined;
  let stopping = false;
  let waiters: { readonly position: number; readonly resolve: (reached: boolean) => void }[] = [];
  let waiting = createWaitingKeys();
  let read = 0;

  const handled = (): number => (waiting.lowest() ?? read + 1) - 1;

  const deliver = async (entries: readonly LogEntry[], tried: readonly WaitingKey[]): Promise<void> => {
    const answer = await ask(options.reaction, entries as readonly LogEntry<never>[]);
    const attempts = new Map(tried.map((each) => [each.entries[0]?.position ?? 0, each.attempts]));
    const { waiting: again, dead } = settle(entries, answer, attempts, options.retry, clock.now());
    for (const each of again) waiting.add(each);
    for (const { entry, reason } of dead) {
      offsets.giveUp({ subgraph: options.subgraph, key: entry.key, atMs: clock.now(), reason, entry });
    }
    const failure = answer.outcomes.find((outcome) => outcome.kind !== 'done');
    if (failure) log.warn({ lane: id, waiting: again.length, dead: dead.length }, 'reaction failed');
  };

  const deliverAgain = async (due: readonly WaitingKey[]): Promise<void> => {
    const together = due.filter((each) => !each.alone);
    const entries = together.flatMap((each) => each.entries).sort((a, b) => a.position - b.position);
    if (entries.length > 0) await deliver(entries, together);
    for (const each of due) if (each.alone) await deliver(each.entries, [each]);
  };

  const readNext = async (): Promise<readonly LogEntry[]> => {
    try {
      return await eventLog.read(stream, { partition, after: read, limit: options.batchSize });
    } catch (error) {
      const keptAfter = isAppError(error) ? error.details.keptAfter : undefined;
      if (typeof keptAfter !== 'number') throw error;
      log.error({ lane: id, from: read, to: keptAfter }, 'entries were trimmed before they were handled');
      read = keptAfter;
      return readNext();
    }
  };

  const deliverNext = async (): Promise<boolean> => {
    if (waiting.size() >= MOST_WAITING) return false;
    const entries = await readNext();
    const last = entries.at(-1);
    if (!last) return false;
    const free = entries.filter((entry) => !isErased(entry) && !waiting.hold(entry));
    if (free.length > 0) await deliver(free, []);
    read = last.position;
    return true;
  };

  const answerWaiters = async (): Promise<void> => {
    const nextDueMs = waiting.nextDueMs();
    const isDue = nextDueMs !== undefined && nextDueMs <= clock.now();
    const reached = isDue ? [] : waiters.filter(({ position }) => position <= read);
    if (reached.length === 0) return;
    waiters = waiters.filter((each) => !reached.includes(each));
    let saved = false;
    try {
      await offsets.save(handled());
      saved = true;
    } finally {
      for (const { resolve } of reached) resolve(saved);
    }
  };

  const step = async (): Promise<void> => {
    if (offsets.isDue(handled())) await offsets.save(handled());
    const due = waiting.size() === 0 ? [] : waiting.takeDue(clock.now());
    if (due.length > 0) return deliverAgain(due);
    if (await deliverNext()) return;
    await answerWaiters();
    await signal.wait(waiting.nextDueMs());
  };

  // How long the machine needs to recover does not depend on the time that the work is about.
  const pauseAfterFailure = async (): Promise<void> => {
    const timer = machineClock.at(machineClock.now() + AFTER_FAILURE_MS, signal.raise);
    await signal.wait();
    timer.cancel();
  };

  const run = async (): Promise<void> => {
    let loaded = false;
    while (!stopping) {
      try {
        if (!loaded) read = await offsets.load();
        loaded = true;
        await step();
      } catch (error) {
        if (isAppError(error, 'CONFLICT')) {
          log.warn({ lane: id }, 'another process has taken this lane over');
          return;
        }
        log.error({ lane: id, error: String(error) }, 'dispatch failed; trying again');
        await pauseAfterFailure();
      }
    }
    if (loaded) await offsets.save(handled());
  };

  const runToTheEnd = async (): Promise<void> => {
    const unlisten = eventLog.onAppend(stream, (grown) => grown.has(partition) && signal.raise());
    await run().catch((error) => log.warn({ lane: id, error: String(error) }, 'the offset was not stored'));
    unlisten();
    running = undefined;
    for (const { resolve } of waiters.splice(0)) resolve(false);
  };

  return {
    id,
    stream,
    partition,
    start() {
      if (running) return;
      stopping = false;
      waiting = createWaitingKeys();
      running = runToTheEnd();
    },
    async stop() {
      stopping = true;
      signal.raise();
      await running;
    },
    async reached(position) {
      if (!running) return false;
      return new Promise((resolve) => {
        waiters.push({ position, resolve });
        signal.raise();
      });
    },
  };
}
