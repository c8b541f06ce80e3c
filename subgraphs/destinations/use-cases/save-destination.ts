import { AppError } from '../../../platform/errors';
import { isDefinitionId } from '../../../platform/ids';
import type { Stored } from '../../../platform/store/store';
import { isTimeZone } from '../../../platform/time-zone';
import type { Connector } from '../connectors/connector';
import type { Destination } from '../domain/destination';
import { checkMapping } from '../domain/mapping';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import type { JobStore } from '../store/job-store';

/** What saving stands on. `wake` is called for a destination that may send again. */
export interface SaveDependencies {
  readonly configuration: DestinationsConfiguration;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly store: DeliveryStore;
  readonly jobStore: JobStore;
  readonly wake: (sandbox: string, destination: string) => void;
}

export interface DestinationChange {
  readonly id: string;
  readonly destination: Destination;
  readonly expectedVersion?: number | undefined;
}

export type SaveDestination = (sandbox: string, change: DestinationChange) => Promise<Stored<Destination>>;

/** Creates or replaces a destination. Fails with BAD_USER_INPUT where it cannot work; never repeats a secret. */
export function createSaveDestination({ configuration, connectors, wake }: SaveDependencies): SaveDestination {
  return async (sandbox, { id, destination, expectedVersion }) => {
    if (!isDefinitionId(id)) throw refusal('id', 'an id has 1 to 200 characters without blanks and "|"');
    const connector = connectors.get(destination.connector);
    if (!connector) {
      throw refusal('connector', `there is no connector ${destination.connector}; there is ${[...connectors.keys()]}`);
    }
    checkDestination(destination, connector);
    const stored = await configuration.destinations.put(sandbox, id, destination, expectedVersion);
    wake(sandbox, id);
    return stored;
  };
}

export type DeleteDestination = (sandbox: string, id: string) => Promise<void>;

/** Deletes a destination. Fails with CONFLICT while segments are activated to it, or messages to it wait. */
export function createDeleteDestination({ configuration, store, jobStore }: SaveDependencies): DeleteDestination {
  return async (sandbox, id) => {
    const activations = [...(await configuration.activations.all(sandbox)).values()].map(({ value }) => value);
    const segments = activations.filter(({ destination }) => destination === id).map(({ segment }) => segment);
    if (segments.length > 0) {
      throw new AppError(
        'CONFLICT',
        `Segments are activated to ${id}: ${segments.join(', ')}. Deactivate them first.`,
        {
          retryable: false,
          details: { destination: id, segments },
        },
      );
    }
    const [pending] = await store.page(sandbox, { destination: id, status: 'PENDING', limit: 1 });
    if (pending || (await jobStore.isBusy(sandbox, id))) {
      throw new AppError('CONFLICT', `Messages to ${id} still wait to be sent.`, { details: { destination: id } });
    }
    await configuration.destinations.delete(sandbox, id);
  };
}

function checkDestination(destination: Destination, connector: Connector): void {
  const { name, settings, identities, mapping, schedule, timeZone } = destination;
  if (name.trim() === '') throw refusal('name', 'a destination needs a name');
  connector.check(settings);
  if (identities.length === 0) throw refusal('identities', 'at least one namespace is needed to know people by');
  if (!isTimeZone(timeZone)) throw refusal('timeZone', `"${timeZone}" is no time zone such as Europe/Berlin`);
  checkMapping(mapping);
  if (!connector.streaming) return;
  if (schedule) throw refusal('schedule', `${connector.id} sends each change as it happens and takes no schedule`);
  const deduplicated = mapping.findIndex(({ deduplicate }) => deduplicate);
  if (deduplicated >= 0) {
    throw refusal(
      `mapping.${deduplicated}.deduplicate`,
      `${connector.id} sends one message per person: it goes with files`,
    );
  }
}

function refusal(path: string, reason: string): AppError {
  return new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path } });
}
