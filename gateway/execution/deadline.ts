import type { Clock, Timer } from '../../platform/clock';

/** The instant by which everything of one request must be done. */
export interface Deadline {
  /** `work`, or a rejection with `onLate()` when its time is up. */
  race<T>(work: Promise<T>, onLate: () => Error): Promise<T>;
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
    race: (work, onLate) => current().race(work, onLate),
    get signal() {
      return current().signal();
    },
    clear: () => phase.clear(),
  };
}

interface Phase {
  readonly untilMs: number;
  isOver(): boolean;
  race: Deadline['race'];
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
    race: (work, onLate) =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => reject(onLate());
        if (isOver) giveUp();
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
    signal() {
      abort ??= new AbortController();
      if (isOver) abort.abort();
      return abort.signal;
    },
    clear: () => timer?.cancel(),
  };
}
