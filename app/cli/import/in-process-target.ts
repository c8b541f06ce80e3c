import type { Clock } from '../../../platform/clock';
import type { ImportTarget, ItemAnswer } from './target';

/** What takes items in within this process, as the profile subgraph's `ingestion`. */
export interface ItemsIn {
  ingest(sandbox: string, dataset: string, items: readonly unknown[], nowMs: number): Promise<readonly ItemAnswer[]>;
}

/** Imports into Attune in this process. */
export function createInProcessTarget(ingestion: ItemsIn, clock: Clock, sandbox = 'default'): ImportTarget {
  return {
    name: 'this process',
    ingest: (dataset, items) => ingestion.ingest(sandbox, dataset, items, clock.now()),
    close: async () => {},
  };
}
