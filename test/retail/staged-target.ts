import type { ImportTarget, ItemAnswer } from '../../app/cli/import/target';
import type { ManualClock } from '../support/manual-clock';

interface TimedItem {
  readonly timestamp: string;
}

/** An import that stops at instants of the data's own time, so that they can be looked at. */
export interface StagedTarget extends ImportTarget {
  /** Looks at the last instant, when all is in. */
  end(): Promise<void>;
}

/**
 * Takes in what is not later than an instant while the clock stands there, then calls `look`, and moves on to the next.
 * Items must come in the order of their times, as those of the file do.
 */
export function createStagedTarget(
  target: ImportTarget,
  clock: ManualClock,
  instants: readonly number[],
  look: (atMs: number) => Promise<void>,
): StagedTarget {
  let stage = 0;
  const endOfStage = (): number => instants[stage] ?? Number.POSITIVE_INFINITY;
  return {
    ...target,
    async ingest(dataset, items) {
      const answers: ItemAnswer[] = [];
      let rest = items as readonly TimedItem[];
      while (rest.length > 0) {
        const next = rest.findIndex(({ timestamp }) => Date.parse(timestamp) > endOfStage());
        const now = next === -1 ? rest : rest.slice(0, next);
        answers.push(...(await target.ingest(dataset, now)));
        rest = rest.slice(now.length);
        if (rest.length === 0) break;
        await look(endOfStage());
        stage += 1;
        clock.moveTo(endOfStage());
      }
      return answers;
    },
    end: () => look(endOfStage()),
  };
}
