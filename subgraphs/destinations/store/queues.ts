/** Steps that follow one another per name. */
export interface Queues {
  /** Runs `step` after the ones before it of the same name, however they ended. */
  run<R>(name: string, step: () => Promise<R>): Promise<R>;
}

/** Queues that are gone when they are empty. */
export function createQueues(): Queues {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(name, step) {
      const before = tails.get(name) ?? Promise.resolve();
      const result = before.then(step);
      const tail = result.then(
        () => {},
        () => {},
      );
      tails.set(name, tail);
      void tail.then(() => tails.get(name) === tail && tails.delete(name));
      return result;
    },
  };
}
