import type { Clock } from '../../../platform/clock';
import type { Ids } from '../../../platform/ids';
import type { Log } from '../../../platform/log';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { EventStore } from '../store/event-store';
import { toForgetItem } from './forget-events';
import type { Pipeline } from './pipeline';

/** Sees that no identity keeps more events than the limit (P-4). */
export interface KeepEventLimit {
  /** Looks at what was just committed; removes what is too much in the background. */
  watch(sandbox: string, changed: readonly ChangedPerson[]): void;
  idle(): Promise<void>;
}

// How many are removed in one commit.
const AT_ONCE = 500;

/** Removes the oldest events of an identity once it has a tenth more than `most`, so that it is not done for each. */
export function createKeepEventLimit(dependencies: {
  readonly pipeline: () => Pipeline;
  readonly events: EventStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly most: number;
}): KeepEventLimit {
  const { pipeline, events, clock, ids, log, most } = dependencies;
  const slack = Math.floor(most / 10);
  const underWay = new Map<string, Promise<void>>();

  const remove = async (sandbox: string, owner: string, surplus: number): Promise<void> => {
    for (let left = surplus; left > 0; ) {
      const oldest = await events.oldest(sandbox, owner, Math.min(left, AT_ONCE));
      if (oldest.length === 0) return;
      const item = toForgetItem(ids.next(), owner, oldest, clock.now());
      await pipeline().submit(sandbox, { items: [item] });
      left -= oldest.length;
    }
  };

  return {
    watch(sandbox, changed) {
      for (const { items, head } of changed) {
        if (items.length === 0) continue;
        for (const { key, events: count } of head.identities) {
          const id = `${sandbox}|${key}`;
          if (count <= most + slack || underWay.has(id)) continue;
          const work = remove(sandbox, key, count - most)
            .catch((error: unknown) => log.error({ err: error, sandbox }, 'events past the limit could not be removed'))
            .finally(() => underWay.delete(id));
          underWay.set(id, work);
        }
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
  };
}
