import type { Clock, Timer } from '../../platform/clock';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves to `atMs`, firing what falls due on the way, each with `now()` at its own due instant and in that order. */
  moveTo(atMs: number): void;
  /** Moves by `ms`, as `moveTo`. */
  advance(ms: number): void;
}

/** Starts at `startMs` (default: 2026-01-01T00:00:00Z). */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  const pending = new Set<{ atMs: number; fire: () => void }>();

  const moveTo = (atMs: number): void => {
    for (;;) {
      let next: { atMs: number; fire: () => void } | undefined;
      for (const timer of pending) if (timer.atMs <= atMs && (!next || timer.atMs < next.atMs)) next = timer;
      if (!next) break;
      pending.delete(next);
      nowMs = Math.max(nowMs, next.atMs);
      next.fire();
    }
    nowMs = Math.max(nowMs, atMs);
  };

  return {
    now: () => nowMs,
    at(atMs: number, fire: () => void): Timer {
      const timer = { atMs, fire };
      pending.add(timer);
      if (atMs <= nowMs) setImmediate(() => pending.delete(timer) && fire());
      return { cancel: () => void pending.delete(timer) };
    },
    moveTo,
    advance: (ms) => moveTo(nowMs + ms),
  };
}
