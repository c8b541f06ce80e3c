import type { SegmentReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import { type Activation, activationId } from '../domain/destination';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import { type Job, type JobStore, jobId } from '../store/job-store';
import type { Jobs } from './jobs';

/** What activating stands on. */
export interface ActivationDependencies {
  readonly configuration: DestinationsConfiguration;
  readonly segments: SegmentReader;
  readonly store: DeliveryStore;
  readonly jobStore: JobStore;
  readonly jobs: Pick<Jobs, 'run'>;
  readonly clock: Clock;
  readonly ids: Ids;
}

export type ActivateSegment = (sandbox: string, destination: string, segment: string) => Promise<Activation>;

/** Sends a segment to a destination from now on, those already in it first. Twice the same changes nothing. */
export function createActivateSegment(dependencies: ActivationDependencies): ActivateSegment {
  const { configuration, segments, jobStore, jobs, clock, ids } = dependencies;
  return async (sandbox, destination, segment) => {
    await mustExist(configuration, sandbox, destination);
    const known = (await configuration.activations.all(sandbox)).get(activationId(destination, segment));
    if (known) return known.value;
    if (!(await segments.published(sandbox, [segment])).includes(segment)) {
      throw new AppError('BAD_USER_INPUT', `There is no published segment ${segment}.`, { details: { segment } });
    }
    const activation = { destination, segment, key: ids.next(), sinceMs: clock.now() };
    const job = newJob('BACKFILL', activation);
    await configuration.activations.put(sandbox, activationId(destination, segment), activation, 0, {
      writes: [jobStore.begin(job)],
    });
    jobs.run(sandbox, jobId(job));
    return activation;
  };
}

export type DeactivateActivation = (
  sandbox: string,
  destination: string,
  segment: string,
  sendExits: boolean,
) => Promise<Activation>;

/** Sends a segment no more; exits go to everyone who was told of an entry, unless told otherwise. */
export function createDeactivateActivation(dependencies: ActivationDependencies): DeactivateActivation {
  const { configuration, store, jobStore, jobs } = dependencies;
  return async (sandbox, destination, segment, sendExits) => {
    await mustExist(configuration, sandbox, destination);
    const id = activationId(destination, segment);
    const known = (await configuration.activations.all(sandbox)).get(id);
    if (!known) {
      throw new AppError('NOT_FOUND', `Segment ${segment} is not activated to ${destination}.`, {
        details: { destination, segment },
      });
    }
    const job = newJob('END', known.value);
    await configuration.activations.delete(sandbox, id, { writes: sendExits ? [jobStore.begin(job)] : [] });
    // Waits for the steps under way, which may still tell of entries.
    await store.change(sandbox, destination, async () => {});
    if (sendExits) jobs.run(sandbox, jobId(job));
    return known.value;
  };
}

async function mustExist(configuration: DestinationsConfiguration, sandbox: string, id: string): Promise<void> {
  if ((await configuration.destinations.all(sandbox)).has(id)) return;
  throw new AppError('NOT_FOUND', `There is no destination ${id}.`, { details: { destination: id } });
}

function newJob(kind: Job['kind'], { destination, segment, key }: Activation): Job {
  return { kind, destination, segment, activation: key, after: '', done: 0, total: 0, open: 1, heldUntilMs: 0 };
}
