/** What a stream can be read from: asynchronous, or plain. */
type Source<T> = AsyncIterator<T> | Iterator<T>;

/**
 * A stream of what `convert` makes of each value of `source`, one after another. Returning it releases the source at
 * once, also while a value is awaited: an async generator would wait for that value first. When the source fails, the
 * stream ends with what `onFailure` makes of that.
 */
export function mapStream<T, U>(
  source: Source<T>,
  convert: (value: T) => Promise<U> | U,
  onFailure?: (error: unknown) => U,
): AsyncIterableIterator<U> {
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  const waiting = new Set<(result: IteratorResult<U>) => void>();
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();

  const release = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    for (const resolve of waiting) resolve(done);
    waiting.clear();
    await source.return?.();
  };

  const pull = async (): Promise<IteratorResult<U>> => {
    try {
      const next = ended ? done : await source.next();
      if (!next.done && !ended) return { done: false, value: await convert(next.value) };
      ended = true;
      return done;
    } catch (error) {
      const last = ended ? undefined : onFailure;
      ended = true;
      // What failed may not answer any more: it is let go, not waited for.
      Promise.resolve(source.return?.()).catch(() => {});
      if (last) return { done: false, value: last(error) };
      throw error;
    }
  };

  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended) return resolve(done);
        waiting.add(resolve);
        last = last
          .then(pull)
          .then(resolve, reject)
          .finally(() => waiting.delete(resolve));
      }),
    async return() {
      await release();
      return done;
    },
    async throw(error: unknown) {
      await release();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
