import {
  type Configuration,
  configurationCollection,
  createConfigurations,
  type LoadedConfiguration,
} from '../../../platform/store/configuration';
import type { CollectionSpec, Store, Stored } from '../../../platform/store/store';
import type { Activation, Destination } from '../domain/destination';
import { type Composer, createComposer } from '../domain/message';

/** Where destinations and activations are kept. */
export const configurationSpec: CollectionSpec = configurationCollection('destinations');

/** A destination, its mapping compiled. */
export interface DestinationInUse {
  readonly id: string;
  readonly destination: Destination;
  readonly composer: Composer;
}

/** Destinations and the segments activated to them, as of one moment. */
export interface Routes {
  readonly destinations: ReadonlyMap<string, DestinationInUse>;
  /** segment → its activations. */
  readonly bySegment: ReadonlyMap<string, readonly Activation[]>;
}

/** The configuration of the destinations subgraph. */
export interface DestinationsConfiguration {
  readonly destinations: Configuration<Destination>;
  /** By `activationId`. */
  readonly activations: Configuration<Activation>;
  /** As of now; made once per change. */
  routes(sandbox: string): Promise<Routes>;
}

/** Over the destinations subgraph's configuration collection. `timeZone`: the IANA zone of days in mappings. */
export function createDestinationsConfiguration(store: Store, timeZone: string): DestinationsConfiguration {
  const configurations = createConfigurations(store, 'destinations');
  return {
    destinations: configurations('destination'),
    activations: configurations('activation'),
    routes: configurations.compiled((loaded) => toRoutes(loaded, timeZone)),
  };
}

function toRoutes({ kinds }: LoadedConfiguration, timeZone: string): Routes {
  const destinations = [...((kinds.get('destination') ?? new Map()) as ReadonlyMap<string, Stored<Destination>>)];
  const activations = [...((kinds.get('activation') ?? new Map()) as ReadonlyMap<string, Stored<Activation>>).values()];
  return {
    destinations: new Map(
      destinations.map(([id, { value }]) => [
        id,
        { id, destination: value, composer: createComposer(value, timeZone) },
      ]),
    ),
    bySegment: groupBySegment(activations.map(({ value }) => value)),
  };
}

function groupBySegment(activations: readonly Activation[]): ReadonlyMap<string, readonly Activation[]> {
  const groups = new Map<string, Activation[]>();
  for (const activation of activations) {
    const group = groups.get(activation.segment) ?? [];
    groups.set(activation.segment, group);
    group.push(activation);
  }
  return groups;
}
