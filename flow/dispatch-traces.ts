import { isCursorExpired } from '../platform/store/cursor-expired';
import type { Store, Stored } from '../platform/store/store';
import { DISPATCH_SANDBOX, type DispatchDeadLetter, dispatchDeadLetters, dispatchOffsets } from './offsets';
import { flowTable, type SubgraphName } from './table';

/** What the dispatching to one subgraph keeps of people, and how far it has come with them. */
export interface DispatchTraces {
  /** True when the subgraph has handled, or given up, all that the log has of these keys. */
  isHandled(sandbox: string, keys: readonly string[]): Promise<boolean>;
  /** The keys of which the log has more than it has handled, as far as is stored; `undefined` when these are too many. */
  unhandled(sandbox: string): Promise<ReadonlySet<string> | undefined>;
  /** What it gave up of these keys. */
  deadLetters(sandbox: string, keys: readonly string[]): Promise<readonly Stored<DispatchDeadLetter>[]>;
  /** Removes what it gave up of these keys; answers how many. */
  eraseDeadLetters(sandbox: string, keys: readonly string[]): Promise<number>;
}

const MOST_LETTERS = 10_000;
const MOST_UNHANDLED = 20_000;
const READ_AT_ONCE = 1_000;

/** Over what the dispatchers keep. */
export function createDispatchTraces(store: Store, subgraph: SubgraphName): DispatchTraces {
  const streams = Object.entries(flowTable).flatMap(([stream, { to }]) =>
    (to as readonly SubgraphName[]).includes(subgraph) ? [stream] : [],
  );
  const handledUpTo = async (stream: string, partition: number): Promise<number> => {
    const offsets = store.collection<{ readonly position: number }>(dispatchOffsets.name);
    const offset = await offsets.get(DISPATCH_SANDBOX, `${subgraph}|${stream}|${partition}`);
    return offset?.value.position ?? 0;
  };
  const isPast = async (sandbox: string, stream: string, key: string): Promise<boolean> => {
    const [last] = await store.log.readKey(stream, sandbox, key, 1);
    return !last || (await handledUpTo(stream, last.partition)) >= last.position;
  };
  /** Adds the keys after what was handled; false when they are too many. */
  const addUnhandled = async (
    keys: Set<string>,
    sandbox: string,
    stream: string,
    partition: number,
    head: number,
  ): Promise<boolean> => {
    let after = await handledUpTo(stream, partition);
    if (head - after > MOST_UNHANDLED) return false;
    try {
      while (after < head) {
        const entries = await store.log.read(stream, { partition, after, limit: READ_AT_ONCE });
        for (const entry of entries) if (entry.sandbox === sandbox) keys.add(entry.key);
        after = entries.at(-1)?.position ?? head;
      }
      return true;
    } catch (error) {
      if (isCursorExpired(error)) return false;
      throw error;
    }
  };
  const deadLetters: DispatchTraces['deadLetters'] = async (sandbox, keys) => {
    const letters = store.collection<DispatchDeadLetter>(dispatchDeadLetters.name);
    const found = await Promise.all(
      keys.map((key) => letters.range(DISPATCH_SANDBOX, { index: 'key', prefix: [key], limit: MOST_LETTERS })),
    );
    return found.flat().filter(({ value }) => value.subgraph === subgraph && value.entry.sandbox === sandbox);
  };
  return {
    deadLetters,
    async isHandled(sandbox, keys) {
      const past = await Promise.all(streams.flatMap((stream) => keys.map((key) => isPast(sandbox, stream, key))));
      return past.every((one) => one);
    },
    async unhandled(sandbox) {
      const keys = new Set<string>();
      for (const stream of streams) {
        for (const [partition, head] of (await store.log.head(stream)).entries()) {
          if (!(await addUnhandled(keys, sandbox, stream, partition, head))) return undefined;
        }
      }
      return keys;
    },
    async eraseDeadLetters(sandbox, keys) {
      const found = await deadLetters(sandbox, keys);
      if (found.length === 0) return 0;
      const writes = found.map(({ id }) => ({ kind: 'delete', collection: dispatchDeadLetters.name, id }) as const);
      await store.commit({ sandbox: DISPATCH_SANDBOX, writes });
      return found.length;
    },
  };
}
