import type { Clock, Timer } from '../../platform/clock';

/** The instant by which everything of one request must be done. */
export interface Deadline {
  /** `work`, or a rejection with `onLate()` when its time is up. */
  race<T>(work: Promise<T>, onLate: () => Error): Promise<T>;
  /** Calls one of the three, once: what became of `work`, or that its time is up. What is called must not fail. */
  watch<T>(work: Promise<T>, done: (value: T) => void, failed: (error: unknown) => void, late: () => void): void;
  /** Aborted when the time of what is begun now is up. */
  readonly signal: AbortSignal;
  /** Takes the deadline back: the request is done. */
  clear(): void;
}

/**
 * A deadline at `atMs` of `clock`. With `halfTimeMs`, what was begun before that instant must be done by it: so a part
 * that hangs leaves time for those that can answer without it.
 */
export function createDeadline(clock: Clock, atMs: number, halfTimeMs?: number): Deadline {
  let phase = createPhase(clock, halfTimeMs ?? atMs);
  const current = (): Phase => {
    if (phase.isOver() && halfTimeMs !== undefined && phase.untilMs !== atMs) phase = createPhase(clock, atMs);
    return phase;
  };
  return {
    race: (work, onLate) =>
      new Promise((resolve, reject) => current().watch(work, resolve, reject, () => reject(onLate()))),
    watch: (work, done, failed, late) => current().watch(work, done, failed, late),
    get signal() {
      return current().signal();
    },
    clear: () => phase.clear(),
  };
}

interface Phase {
  readonly untilMs: number;
  isOver(): boolean;
  watch: Deadline['watch'];
  signal(): AbortSignal;
  clear(): void;
}

function createPhase(clock: Clock, untilMs: number): Phase {
  const waiting = new Set<() => void>();
  let abort: AbortController | undefined;
  let isOver = clock.now() >= untilMs;
  const end = (): void => {
    isOver = true;
    for (const give of waiting) give();
    waiting.clear();
    abort?.abort();
  };
  const timer: Timer | undefined = isOver ? undefined : clock.at(untilMs, end);
  return {
    untilMs,
    isOver: () => isOver,
    watch(work, done, failed, late) {
      if (isOver) late();
      else waiting.add(late);
      work.then(
        (value) => waiting.delete(late) && done(value),
        (error: unknown) => waiting.delete(late) && failed(error),
      );
    },
    signal() {
      abort ??= new AbortController();
      if (isOver) abort.abort();
      return abort.signal;
    },
    clear: () => timer?.cancel(),
  };
}
