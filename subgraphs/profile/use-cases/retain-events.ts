import type { Clock } from '../../../platform/clock';
import type { Ids } from '../../../platform/ids';
import type { Store, Stored } from '../../../platform/store/store';
import { eventsSpec } from '../store/collections';
import type { EventDocument } from '../store/item-documents';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { toForgetItem } from './forget-events';
import type { Pipeline } from './pipeline';
import type { Sweep } from './sweeps';

const PAGE = 500;
const DAY_MS = 86_400_000;

/** Removes events that are older than their dataset keeps them (P-2). Their ids stay known. */
export function createRetainEvents(dependencies: {
  readonly store: Store;
  readonly configuration: ProfileConfiguration;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly ids: Ids;
}): Sweep {
  const { store, configuration, pipeline, clock, ids } = dependencies;
  const events = store.collection<EventDocument>(eventsSpec.name);

  const retain = async (sandbox: string, dataset: string, beforeMs: number): Promise<void> => {
    const prefix = `${dataset}|`;
    for (let after = prefix; ; ) {
      const page = await events.scan(sandbox, { after, limit: PAGE });
      const own = page.filter(({ id }) => id.startsWith(prefix));
      const items = [...byOwner(own.filter(({ value }) => value.timestampMs <= beforeMs))].map(([owner, keys]) =>
        toForgetItem(ids.next(), owner, keys, clock.now()),
      );
      if (items.length > 0) await pipeline.submit(sandbox, { items });
      const last = own.at(-1);
      if (!last || own.length < PAGE) return;
      after = last.id;
    }
  };

  return async (sandbox) => {
    const { datasets } = await configuration.settings(sandbox);
    for (const { id, retainEventsDays } of datasets.values()) {
      if (retainEventsDays !== undefined) await retain(sandbox, id, clock.now() - retainEventsDays * DAY_MS);
    }
  };
}

function byOwner(rows: readonly Stored<EventDocument>[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const { id, value } of rows) {
    if (value.owner === undefined) continue;
    const own = keys.get(value.owner) ?? [];
    keys.set(value.owner, own);
    own.push(id);
  }
  return keys;
}
