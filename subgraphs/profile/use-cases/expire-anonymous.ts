import type { Clock } from '../../../platform/clock';
import type { Store } from '../../../platform/store/store';
import { isAnonymous, toHour } from '../domain/anonymous';
import type { Limits } from '../domain/limits';
import { headsSpec } from '../store/collections';
import type { HeadDocument } from '../store/head-document';
import type { Pipeline } from './pipeline';
import { planRemove, type RemoveDependencies } from './plan-remove';
import type { Sweep } from './sweeps';

const AT_ONCE = 100;
const HOURS_A_DAY = 24;

/** Removes anonymous profiles of whom nothing new came for so many days (P-16). */
export function createExpireAnonymous(
  dependencies: RemoveDependencies & {
    readonly store: Store;
    readonly pipeline: Pipeline;
    readonly clock: Clock;
    readonly limits: Limits;
  },
): Sweep {
  const { store, pipeline, clock, limits, configuration } = dependencies;
  const heads = store.collection<HeadDocument>(headsSpec.name);
  return async (sandbox) => {
    for (;;) {
      const nowMs = clock.now();
      const lastHour = toHour(nowMs) - limits.anonymousIdleDays * HOURS_A_DAY;
      const upper = { values: [lastHour], inclusive: false };
      const idle = await heads.range(sandbox, { index: 'idle', upper, limit: AT_ONCE });
      if (idle.length === 0) return;
      const { namespaces } = await configuration.settings(sandbox);
      const versions = new Map(idle.map(({ id, version }) => [id, version]));
      const removal = {
        sandbox,
        profileIds: [...versions.keys()],
        // Somebody may have come back meanwhile.
        unless: ({ id, version, head }: Parameters<NonNullable<Parameters<typeof planRemove>[1]['unless']>>[0]) =>
          versions.get(id) !== version || !isAnonymous(head, namespaces),
        cause: { kind: 'EXPIRY' as const },
        nowMs,
      };
      const { profileIds } = await pipeline.perform(sandbox, () => planRemove(dependencies, removal));
      if (profileIds.length === 0) return;
    }
  };
}
