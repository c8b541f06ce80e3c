import type { IngestAnswer } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { DatasetInUse } from '../domain/parse-item';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Batches } from './batches';
import { datasetFor, type IngestItems } from './ingest';

/** Where the rows of a stream go. */
export interface RowTarget {
  readonly sandbox: string;
  readonly dataset: string;
  /** The open batch to put them into. */
  readonly batch?: string;
}

/** Takes the rows of streams in. */
export interface RowIntake {
  /** Fails with NOT_FOUND for an unknown dataset or batch, CONFLICT where the batch takes no more. */
  open(target: RowTarget): Promise<DatasetInUse>;
  /** Answers each body in the order given. */
  take(target: RowTarget, bodies: readonly unknown[]): Promise<readonly IngestAnswer[]>;
}

/** Each row arrives when it is read, not when its stream began. */
export function createRowIntake(dependencies: {
  readonly items: IngestItems;
  readonly batches: Batches;
  readonly configuration: ProfileConfiguration;
  readonly clock: Clock;
}): RowIntake {
  const { items, batches, configuration, clock } = dependencies;
  return {
    async open({ sandbox, dataset, batch }) {
      const intake = { sandbox, dataset, bodies: [], nowMs: clock.now() };
      const found = datasetFor(intake, await configuration.settings(sandbox));
      if (batch !== undefined) await batches.put(batch, intake);
      return found;
    },
    take({ sandbox, dataset, batch }, bodies) {
      const intake = { sandbox, dataset, bodies, nowMs: clock.now() };
      return batch === undefined ? items.ingest(intake) : batches.put(batch, intake);
    },
  };
}
