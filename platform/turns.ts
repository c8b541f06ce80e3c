/** Steps of one key follow one another; those of different keys do not wait for each other. */
export interface Turns {
  run<R>(key: string, step: () => Promise<R>): Promise<R>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Nobody's turn at first. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, step) {
      const turn = (last.get(key) ?? Promise.resolve()).then(step);
      const settled = turn.then(
        () => undefined,
        () => undefined,
      );
      last.set(key, settled);
      void settled.then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      return turn;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
