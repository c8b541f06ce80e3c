import {
  type Configuration,
  configurationCollection,
  createConfigurations,
  type LoadedConfiguration,
} from '../../../platform/store/configuration';
import type { CollectionSpec, Store } from '../../../platform/store/store';
import type { Segment } from '../domain/segment';
import { createSharingConfiguration, type SharingConfiguration, sharedSegmentsOf } from './sharing-configuration';

/** Where segments are kept. */
export const configurationSpec: CollectionSpec = configurationCollection('segments');

/** The segments of each sandbox, who shares which of them, and what is compiled from them. */
export interface SegmentsConfiguration<C> extends SharingConfiguration {
  readonly segments: Configuration<Segment>;
  /** As of now, made once per change. */
  compiled(sandbox: string): Promise<C>;
}

/** @param compile makes what is used of the segments and of those that are shared; called once per change of them */
export function createSegmentsConfiguration<C>(
  store: Store,
  compile: (segments: ReadonlyMap<string, Segment>, shared: ReadonlySet<string>) => C,
): SegmentsConfiguration<C> {
  const configurations = createConfigurations(store, 'segments');
  const known = new WeakMap<LoadedConfiguration, { readonly made: C }>();
  return {
    segments: configurations<Segment>('segment'),
    ...createSharingConfiguration(configurations),
    async compiled(sandbox) {
      const loaded = await configurations.loaded(sandbox);
      const found = known.get(loaded) ?? {
        made: compile(segmentsOf(loaded), sharedSegmentsOf(loaded)),
      };
      known.set(loaded, found);
      return found.made;
    },
  };
}

function segmentsOf({ kinds }: LoadedConfiguration): ReadonlyMap<string, Segment> {
  return new Map([...(kinds.get('segment') ?? [])].map(([id, { value }]) => [id, value as Segment]));
}
