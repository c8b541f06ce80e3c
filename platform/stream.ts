/** Where values go, each of them asked for: one of the three is called for each asking, at once or later. */
export interface Sink<T> {
  give(value: T): void;
  end(): void;
  fail(error: unknown): void;
}

/** What a stream reads. Told once where values go, it answers with the way to ask for the next. */
export type Source<T> = (sink: Sink<T>) => () => void;

/**
 * A stream of what `source` gives, one after another, also for who asks again before they are answered. A failure is its
 * end. Returning it calls `release` at once, also while a value is awaited: an async generator would wait for that first.
 */
export function createStream<T>(source: Source<T>, release: () => unknown): AsyncIterableIterator<T> {
  return new SourcedStream(source, release);
}

/**
 * A stream of what `convert` makes of each value of another, which is released with it. When that one fails, the stream
 * ends with what `onFailure` makes of the failure. A stream made here is read through without a step of its own.
 */
export function mapStream<T, U>(
  stream: AsyncIterator<T>,
  convert: (value: T) => Promise<U> | U,
  onFailure?: (error: unknown) => U,
): AsyncIterableIterator<U> {
  const source = stream instanceof SourcedStream ? (stream.source as Source<T>) : toSource(stream);
  const release = () => stream.return?.();
  return createStream(mapSource(source, convert, onFailure, release), release);
}

/** A stream of one value. */
export function streamOf<T>(value: T): AsyncIterableIterator<T> {
  const values = [value];
  return createStream(
    (sink) => () => (values.splice(0).length > 0 ? sink.give(value) : sink.end()),
    () => {},
  );
}

function mapSource<T, U>(
  source: Source<T>,
  convert: (value: T) => Promise<U> | U,
  onFailure: ((error: unknown) => U) | undefined,
  release: () => unknown,
): Source<U> {
  return (sink) => {
    let failed = false;
    const give = (value: U): void => sink.give(value);
    const fail = (error: unknown): void => {
      failed = true;
      // What failed may not answer any more: it is let go, not waited for.
      letGo(release);
      if (onFailure) sink.give(onFailure(error));
      else sink.fail(error);
    };
    const take = (value: T): void => {
      try {
        const made = convert(value);
        if (made instanceof Promise) made.then(give, fail);
        else sink.give(made);
      } catch (error) {
        fail(error);
      }
    };
    const pull = source({ give: take, end: () => sink.end(), fail });
    return () => (failed ? sink.end() : pull());
  };
}

function toSource<T>(stream: AsyncIterator<T>): Source<T> {
  return (sink) => {
    const take = ({ done, value }: IteratorResult<T>): void => (done ? sink.end() : sink.give(value));
    const fail = (error: unknown): void => sink.fail(error);
    return () => {
      new Promise<IteratorResult<T>>((resolve) => resolve(stream.next())).then(take, fail);
    };
  };
}

interface Asker<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

class SourcedStream<T> implements AsyncIterableIterator<T>, Sink<T> {
  private readonly askers: Asker<T>[] = [];
  private readonly pull: () => void;
  private isPulling = false;
  private isServing = false;
  private isOver = false;

  constructor(
    readonly source: Source<T>,
    private readonly release: () => unknown,
  ) {
    this.pull = source(this);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.isOver) return Promise.resolve(done());
    return new Promise((resolve, reject) => {
      this.askers.push({ resolve, reject });
      this.serve();
    });
  }

  async return(): Promise<IteratorResult<T>> {
    await this.leave();
    return done();
  }

  async throw(error: unknown): Promise<never> {
    await this.leave();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  give(value: T): void {
    this.isPulling = false;
    this.askers.shift()?.resolve({ done: false, value });
    this.serve();
  }

  end(): void {
    this.isOver = true;
    for (const { resolve } of this.askers.splice(0)) resolve(done());
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.askers.shift()?.reject(error);
    this.end();
    letGo(this.release);
  }

  private leave(): unknown {
    if (this.isOver) return undefined;
    this.end();
    return this.release();
  }

  /** In a loop, and not by recursion: a source may give at once, for as many as ask. */
  private serve(): void {
    if (this.isServing) return;
    this.isServing = true;
    while (this.askers.length > 0 && !this.isPulling) {
      this.isPulling = true;
      this.pull();
    }
    this.isServing = false;
  }
}

function done<T>(): IteratorResult<T> {
  return { done: true, value: undefined };
}

function letGo(release: () => unknown): void {
  Promise.resolve()
    .then(release)
    .catch(() => {});
}
