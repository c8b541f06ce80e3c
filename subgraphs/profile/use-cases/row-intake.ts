import type { IngestAnswer } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { DatasetInUse } from '../domain/parse-item';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { datasetFor, type IngestItems } from './ingest';

/** Where the rows of a stream go. */
export interface RowTarget {
  readonly sandbox: string;
  readonly dataset: string;
}

/** Takes the rows of streams in. */
export interface RowIntake {
  /** Fails with NOT_FOUND for an unknown dataset. */
  open(target: RowTarget): Promise<DatasetInUse>;
  /** Answers each body in the order given. */
  take(target: RowTarget, bodies: readonly unknown[]): Promise<readonly IngestAnswer[]>;
}

/** Each row arrives when it is read, not when its stream began. */
export function createRowIntake(dependencies: {
  readonly items: IngestItems;
  readonly configuration: ProfileConfiguration;
  readonly clock: Clock;
}): RowIntake {
  const { items, configuration, clock } = dependencies;
  return {
    open: async ({ sandbox, dataset }) =>
      datasetFor({ sandbox, dataset, bodies: [], nowMs: clock.now() }, await configuration.settings(sandbox)),
    take: ({ sandbox, dataset }, bodies) => items.ingest({ sandbox, dataset, bodies, nowMs: clock.now() }),
  };
}
