/**
 * What `find` finds, one after another, also for who asks again before they are answered; `undefined` is the end, and so is
 * a failure. `return` calls `end` at once, also while something is awaited.
 */
export function oneByOne<T extends object>(
  find: () => Promise<T | undefined>,
  end: () => void,
): AsyncIterableIterator<T> {
  let ended = false;
  let turn: Promise<unknown> = Promise.resolve();
  const stop = (): void => {
    ended = true;
    end();
  };
  const next = async (): Promise<IteratorResult<T>> => {
    try {
      const value = await find();
      return value && !ended ? { done: false, value } : { done: true, value: undefined };
    } catch (error) {
      stop();
      throw error;
    }
  };
  return {
    next() {
      const result = turn.then(next);
      turn = result.catch(() => undefined);
      return result;
    },
    async return() {
      stop();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      stop();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
