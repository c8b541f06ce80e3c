import type { Store, Stored } from '../platform/store/store';
import { DISPATCH_SANDBOX, type DispatchDeadLetter, dispatchDeadLetters, dispatchOffsets } from './offsets';
import { flowTable, type SubgraphName } from './table';

/** What the dispatching to one subgraph keeps of people, and how far it has come with them. */
export interface DispatchTraces {
  /** True when the subgraph has handled, or given up, all that the log has of these keys. */
  isHandled(sandbox: string, keys: readonly string[]): Promise<boolean>;
  /** What it gave up of these keys. */
  deadLetters(sandbox: string, keys: readonly string[]): Promise<readonly Stored<DispatchDeadLetter>[]>;
  /** Removes what it gave up of these keys; answers how many. */
  eraseDeadLetters(sandbox: string, keys: readonly string[]): Promise<number>;
}

const MOST_LETTERS = 10_000;

/** Over what the dispatchers keep. */
export function createDispatchTraces(store: Store, subgraph: SubgraphName): DispatchTraces {
  const streams = Object.entries(flowTable).flatMap(([stream, { to }]) =>
    (to as readonly SubgraphName[]).includes(subgraph) ? [stream] : [],
  );
  const isPast = async (sandbox: string, stream: string, key: string): Promise<boolean> => {
    const [last] = await store.log.readKey(stream, sandbox, key, 1);
    if (!last) return true;
    const offsets = store.collection<{ readonly position: number }>(dispatchOffsets.name);
    const offset = await offsets.get(DISPATCH_SANDBOX, `${subgraph}|${stream}|${last.partition}`);
    return (offset?.value.position ?? 0) >= last.position;
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
    async eraseDeadLetters(sandbox, keys) {
      const found = await deadLetters(sandbox, keys);
      if (found.length === 0) return 0;
      const writes = found.map(({ id }) => ({ kind: 'delete', collection: dispatchDeadLetters.name, id }) as const);
      await store.commit({ sandbox: DISPATCH_SANDBOX, writes });
      return found.length;
    },
  };
}
