import type { Timer } from '../platform/clock';
import type { Platform } from '../platform/platform';

const HOUR_MS = 3_600_000;

/** Removes log entries older than `keepMs`, once an hour. Call what it returns to stop it. */
export function startLogTrimmer({ store, clock, log }: Platform, keepMs: number): () => Promise<void> {
  let timer: Timer | undefined;
  let running = Promise.resolve();
  const trim = (): void => {
    running = store.log
      .trim(clock.now() - keepMs)
      .catch((error: unknown) => log.error({ err: error }, 'the log could not be trimmed'));
    timer = clock.at(clock.now() + HOUR_MS, trim);
  };
  timer = clock.at(clock.now() + HOUR_MS, trim);
  return async () => {
    timer?.cancel();
    await running;
  };
}
