import type { Clock } from '../platform/clock';

/** A bell that one waits for. Rung while nobody waits, it is heard by the next wait. */
export interface Signal {
  raise(): void;
  /** Resolves when it is raised, or at `untilMs`. */
  wait(untilMs?: number): Promise<void>;
}

/** A bell that has not been rung. */
export function createSignal(clock: Clock): Signal {
  let raised = false;
  let wakeUp: (() => void) | undefined;
  const raise = (): void => {
    raised = true;
    wakeUp?.();
  };
  return {
    raise,
    async wait(untilMs) {
      const timer = untilMs === undefined ? undefined : clock.at(untilMs, raise);
      if (!raised) {
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
        });
      }
      raised = false;
      wakeUp = undefined;
      timer?.cancel();
    },
  };
}
