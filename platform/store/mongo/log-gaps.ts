import { type Clock, createSystemClock } from '../../clock';
import { storeClosed } from '../conflict';
import { fillPlaces } from './log-places';
import { between, type LogRows, toVoid } from './log-rows';

/** Waiting for places in the log that are taken and not yet used. */
export interface LogGaps {
  /**
   * Resolves after a moment in which places after `after`, up to `upTo`, may have been used; once it was called for long
   * enough, after all that are still empty were given up. `sinceMs`: when the caller began to wait. Fails with
   * UNAVAILABLE once the store is closed.
   */
  wait(gap: Gap, sinceMs: number): Promise<void>;
  /** When a wait begins. */
  now(): number;
  /** All waits end. */
  close(): void;
}

/** Some places of them are empty. */
export interface Gap {
  readonly stream: string;
  readonly partition: number;
  readonly after: number;
  readonly upTo: number;
}

// From taking a place to its commit is a matter of milliseconds. Who was slower tries again with another one.
const PATIENCE_MS = 1000;
const PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 50;

/** Over the log's entries. `clearTheWay` ends transactions that nobody will end. */
export function createLogGaps(
  { entries }: Pick<LogRows, 'entries'>,
  clearTheWay: () => Promise<void>,
  clock: Clock = createSystemClock(),
): LogGaps {
  const waiting = new Set<() => void>();
  let closed = false;

  const fill = async ({ stream, partition, after, upTo }: Gap): Promise<void> => {
    await clearTheWay();
    const found = await entries.find(between(stream, partition, after, upTo), { projection: { n: 1 } }).toArray();
    const there = new Set(found.map(({ n }) => n));
    const places = Array.from({ length: upTo - after }, (_, at) => after + 1 + at);
    await fillPlaces(
      entries,
      places.filter((n) => !there.has(n)).map((n) => toVoid(stream, partition, n)),
    );
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = clock.at(clock.now() + ms, () => end());
      const end = (): void => {
        waiting.delete(end);
        timer.cancel();
        resolve();
      };
      waiting.add(end);
    });

  return {
    now: clock.now,
    async wait(gap, sinceMs) {
      const waitedMs = clock.now() - sinceMs;
      if (waitedMs > PATIENCE_MS) await fill(gap);
      else await pause(Math.min(LONGEST_PAUSE_MS, PAUSE_MS + waitedMs / 2));
      if (closed) throw storeClosed();
    },
    close() {
      closed = true;
      for (const end of [...waiting]) end();
    },
  };
}
