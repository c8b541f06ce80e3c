import { type Clock, createSystemClock } from '../platform/clock';
import type { Platform } from '../platform/platform';
import type { EventLog, Positions } from '../platform/store/event-log';
import type { CollectionSpec } from '../platform/store/store';
import { createLane, type Lane } from './lane';
import { createLeases, dispatchLeases } from './leases';
import { createOffsetKeeper, DISPATCH_SANDBOX, dispatchDeadLetters, dispatchOffsets } from './offsets';
import type { Reaction, ReactionsOf } from './reactions';
import { DEFAULT_RETRY, type RetryPolicy } from './retry';
import { createSignal } from './signal';
import type { SubgraphName } from './table';

/** What the dispatchers keep in the store. */
export const dispatchCollections: readonly CollectionSpec[] = [dispatchOffsets, dispatchDeadLetters, dispatchLeases];

/** Brings the log's entries to one subgraph's reactions: at least once, in order per key, in batches. */
export interface Dispatcher {
  start(): void;
  /**
   * Resolves when everything appended before the call was handled, by whichever process. An entry that waits for a later
   * try counts as handled until it is due. At once when this dispatcher was not started or is closed.
   */
  idle(): Promise<void>;
  /** Ends after the batches under way. */
  close(): Promise<void>;
}

// While other processes handle lanes, their stored offsets are all that is seen of them.
const POLL_MS = 20;
const SAVE_AFTER_MS = { alone: 1000, shared: 50 } as const;
// Alone, as much as one commit of the profile subgraph may announce: with less, whoever takes turns with it falls behind.
const BATCH_SIZE = { alone: 1024, shared: 256 } as const;

/**
 * `holder` names this process among those that share the work; `batchSize` bounds the entries of one call; `leaseClock`
 * (default: the machine's) tells whether the others are alive.
 */
export function createDispatcher<S extends SubgraphName>(options: {
  readonly platform: Platform;
  readonly subgraph: S;
  readonly reactions: ReactionsOf<S>;
  readonly batchSize?: number;
  readonly holder?: string;
  readonly retry?: Partial<RetryPolicy>;
  readonly leaseClock?: Clock;
}): Dispatcher {
  const { platform, subgraph, leaseClock = createSystemClock() } = options;
  const { store, log } = platform;
  const lanes = createLanes(options);
  const byId = new Map(lanes.map((lane) => [lane.id, lane]));
  const leases = store.exclusive
    ? undefined
    : createLeases({
        store,
        clock: leaseClock,
        log,
        subgraph,
        holder: options.holder ?? platform.ids.next(),
        lanes: [...byId.keys()],
        onHeld: (id) => byId.get(id)?.start(),
        onReleased: async (id) => byId.get(id)?.stop(),
      });
  const pollClock = createSystemClock();
  let started = false;

  const isBehind = async (lane: Lane, position: number): Promise<boolean> => {
    const offset = await store.collection<{ position: number }>(dispatchOffsets.name).get(DISPATCH_SANDBOX, lane.id);
    return (offset?.value.position ?? 0) < position;
  };
  const handled = async (lane: Lane, heads: HeadsOf): Promise<void> => {
    const position = (await heads(lane.stream))[lane.partition] ?? 0;
    while (started && position > 0 && !(await lane.reached(position)) && (await isBehind(lane, position))) {
      await new Promise<void>((resolve) => void pollClock.at(pollClock.now() + POLL_MS, resolve));
    }
  };

  return {
    start() {
      if (started) return;
      started = true;
      if (leases) leases.start();
      else for (const lane of lanes) lane.start();
    },
    async idle() {
      await leases?.ready();
      const heads = createHeads(store.log);
      if (started) await Promise.all(lanes.map((lane) => handled(lane, heads)));
    },
    async close() {
      if (!started) return;
      started = false;
      if (leases) await leases.close();
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}

type HeadsOf = (stream: string) => Promise<Positions>;

// Where each stream ends, asked once for all lanes.
function createHeads(log: EventLog): HeadsOf {
  const heads = new Map<string, Promise<Positions>>();
  return (stream) => {
    const head = heads.get(stream) ?? log.head(stream);
    heads.set(stream, head);
    return head;
  };
}

function createLanes<S extends SubgraphName>(options: {
  readonly platform: Platform;
  readonly subgraph: S;
  readonly reactions: ReactionsOf<S>;
  readonly batchSize?: number;
  readonly retry?: Partial<RetryPolicy>;
}): readonly Lane[] {
  const { platform, subgraph } = options;
  const { store, clock, log } = platform;
  const { batchSize = store.exclusive ? BATCH_SIZE.alone : BATCH_SIZE.shared } = options;
  const reactions = Object.entries(options.reactions) as [string, Reaction<never>][];
  const partitions = Array.from({ length: store.log.partitions }, (_, partition) => partition);
  const saveAfterMs = store.exclusive ? SAVE_AFTER_MS.alone : SAVE_AFTER_MS.shared;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const laneOf = (stream: string, reaction: Reaction<never>, partition: number): Lane => {
    const id = `${subgraph}|${stream}|${partition}`;
    const signal = createSignal(clock);
    const offsets = createOffsetKeeper({ store, clock, id, saveAfterMs, onDue: signal.raise });
    const parts = { id, subgraph, stream, partition, reaction, offsets, signal, batchSize, retry };
    return createLane({ ...parts, clock, log, eventLog: store.log });
  };
  return reactions.flatMap(([stream, reaction]) => partitions.map((partition) => laneOf(stream, reaction, partition)));
}
