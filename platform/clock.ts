/** A timer that was set and may be taken back. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from. Nothing below `app` reads the machine's clock or sets a timer in another way. */
export interface Clock {
  /** The present instant, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls `fire` once when `now()` has reached `atMs`; at once (but not before returning) when it already has. */
  at(atMs: number, fire: () => void): Timer;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. */
export function createSystemClock(): Clock {
  return { now: Date.now, at: setSystemTimer };
}

function setSystemTimer(atMs: number, fire: () => void): Timer {
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const waitMs = atMs - Date.now();
    handle = waitMs > LONGEST_TIMEOUT_MS ? setTimeout(arm, LONGEST_TIMEOUT_MS) : setTimeout(fire, Math.max(0, waitMs));
    handle.unref();
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}
