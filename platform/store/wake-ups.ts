/** Who wants to hear of new entries, by stream. */
export interface WakeUps {
  on(stream: string, wake: () => void): () => void;
  fire(streams: Iterable<string>): void;
}

/** Listeners are called in their own turn of the event loop, once for all that happened before it. */
export function createWakeUps(): WakeUps {
  const listeners = new Map<string, Set<() => void>>();
  const due = new Set<string>();

  const deliver = (): void => {
    const streams = [...due];
    due.clear();
    for (const stream of streams) for (const wake of listeners.get(stream) ?? []) wake();
  };

  return {
    on(stream, wake) {
      const own = (): void => wake();
      const ofStream = listeners.get(stream) ?? new Set();
      listeners.set(stream, ofStream.add(own));
      return () => void ofStream.delete(own);
    },
    fire(streams) {
      if (due.size === 0) setImmediate(deliver);
      for (const stream of streams) due.add(stream);
    },
  };
}
