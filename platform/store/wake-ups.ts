/** Who wants to hear of new entries, by stream. */
export interface WakeUps {
  on(stream: string, wake: Wake): () => void;
  fire(stream: string, partition: number): void;
}

/** Told of the partitions that grew. */
export type Wake = (partitions: ReadonlySet<number>) => void;

/** Listeners are called in their own turn of the event loop, once for all that happened before it. */
export function createWakeUps(): WakeUps {
  const listeners = new Map<string, Set<Wake>>();
  let due = new Map<string, Set<number>>();

  const deliver = (): void => {
    const grown = due;
    due = new Map();
    for (const [stream, partitions] of grown) for (const wake of listeners.get(stream) ?? []) wake(partitions);
  };

  return {
    on(stream, wake) {
      const own: Wake = (partitions) => wake(partitions);
      const ofStream = listeners.get(stream) ?? new Set();
      listeners.set(stream, ofStream.add(own));
      return () => void ofStream.delete(own);
    },
    fire(stream, partition) {
      if (due.size === 0) setImmediate(deliver);
      const partitions = due.get(stream);
      if (partitions) partitions.add(partition);
      else due.set(stream, new Set([partition]));
    },
  };
}
