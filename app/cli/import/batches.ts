/** Runs work on batches, some at once, and settles their results in the order in which they were given. */
export interface OrderedBatches<B> {
  /** Resolves when there is room for the next one. Fails when one before it failed. */
  add(batch: B): Promise<void>;
  /** Resolves when all are settled. Fails as the first that failed. */
  drain(): Promise<void>;
}

/**
 * @param atOnce how many batches are worked on at the same time
 * @param settle is called once for each, never two at once, and not after one that failed
 */
export function createOrderedBatches<B, R>(
  atOnce: number,
  work: (batch: B) => Promise<R>,
  settle: (batch: B, result: R) => Promise<void>,
): OrderedBatches<B> {
  const open: Promise<void>[] = [];
  let tail: Promise<void> = Promise.resolve();
  const add = (batch: B): void => {
    const working = work(batch);
    // Whoever waits learns of the failure through the tail, in order.
    working.catch(() => {});
    const before = tail;
    tail = before.then(async () => settle(batch, await working));
    tail.catch(() => {});
    open.push(tail);
  };
  return {
    async add(batch) {
      add(batch);
      if (open.length >= atOnce) await open.shift();
    },
    drain: () => tail,
  };
}
