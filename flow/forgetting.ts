import { createSystemClock } from '../platform/clock';
import type { Log } from '../platform/log';
import { type EventLog, isErased, type Positions } from '../platform/store/event-log';
import type { Store } from '../platform/store/store';
import { createSignal } from './signal';

// No row of the flow's table: it is for every process, not for one that reacts.
const STREAM = 'PersonForgotten';
const PAGE = 100;
const AFTER_FAILURE_MS = 1_000;

/** Lets go of what memory has of these profiles. */
export type Forget = (sandbox: string, profileIds: readonly string[]) => void;

/** Tells all processes that nothing is left of these profiles (P-19). The log has their ids until it is erased again. */
export async function announceForgotten(
  store: Store,
  sandbox: string,
  profileIds: readonly string[],
  nowMs: number,
): Promise<void> {
  const entries = profileIds.map((key) => ({ stream: STREAM, key, id: `${key}|${nowMs}`, at: nowMs, body: {} }));
  if (entries.length > 0) await store.commit({ sandbox, writes: [], entries });
}

/** Has memory let go of people in this process too. */
export interface ForgetFollower {
  start(): void;
  /** Resolves when everybody is let go of who was told of before. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Has `forget` called wherever people were removed, within a second or two; nothing where no other process writes. */
export function followForgotten(
  { store, log }: { readonly store: Store; readonly log: Log },
  forget: Forget,
): ForgetFollower {
  const clock = createSystemClock();
  const signal = createSignal(clock);
  let ends: Positions | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const step = async (): Promise<void> => {
    ends = ends ? await readOn(store.log, ends, forget) : await store.log.head(STREAM);
  };
  const run = async (): Promise<void> => {
    const unlisten = store.log.onAppend(STREAM, signal.raise);
    while (!closed) {
      try {
        await step();
        await signal.wait();
      } catch (error) {
        log.warn({ error: String(error) }, 'who was forgotten could not be read; it is tried again');
        await signal.wait(clock.now() + AFTER_FAILURE_MS);
      }
    }
    unlisten();
  };
  return {
    start() {
      if (!store.exclusive) running ??= run();
    },
    async idle() {
      // Doing it twice does no harm.
      if (running && !closed) await step();
    },
    async close() {
      closed = true;
      signal.raise();
      await running;
    },
  };
}

/** Reads each partition that grew to its end; answers where that is. */
async function readOn(log: EventLog, from: Positions, forget: Forget): Promise<Positions> {
  const heads = await log.head(STREAM);
  const readPartition = async (start: number, partition: number): Promise<number> => {
    let after = start;
    while (after < (heads[partition] ?? 0)) {
      const page = await log.read(STREAM, { partition, after, limit: PAGE });
      for (const entry of page) if (!isErased(entry)) forget(entry.sandbox, [entry.key]);
      after = page.at(-1)?.position ?? heads[partition] ?? after;
    }
    return after;
  };
  return Promise.all(from.map(readPartition));
}
