import type { Clock } from '../../platform/clock';

/** The instant by which everything of one request must be done. */
export interface Deadline {
  /** `work`, or a rejection with `onLate()` when the deadline comes first. */
  race<T>(work: Promise<T>, onLate: () => Error): Promise<T>;
  /** Aborted when the deadline comes, or the request is given up. */
  readonly signal: AbortSignal;
  /** Takes the deadline back: the request is done. */
  clear(): void;
}

/** A deadline at `atMs` of `clock`. */
export function createDeadline(clock: Clock, atMs: number): Deadline {
  const waiting = new Set<() => void>();
  let abort: AbortController | undefined;
  let late = false;
  const timer = clock.at(atMs, () => {
    late = true;
    for (const give of waiting) give();
    waiting.clear();
    abort?.abort();
  });
  return {
    race: (work, onLate) =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => reject(onLate());
        if (late) giveUp();
        else waiting.add(giveUp);
        work.then(
          (value) => {
            waiting.delete(giveUp);
            resolve(value);
          },
          (error: unknown) => {
            waiting.delete(giveUp);
            reject(error);
          },
        );
      }),
    get signal() {
      abort ??= new AbortController();
      if (late) abort.abort();
      return abort.signal;
    },
    clear: () => timer.cancel(),
  };
}
