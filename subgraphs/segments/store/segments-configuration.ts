import {
  type Configuration,
  configurationCollection,
  createConfigurations,
  type LoadedConfiguration,
} from '../../../platform/store/configuration';
import type { CollectionSpec, Store } from '../../../platform/store/store';
import type { PlanSource } from '../domain/plan';
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

/**
 * @param compile makes what is used of the segments and of those that are shared; called once per change of them
 * @param findDefaultPolicy the merge policy that is the default one; asked while a published rule names any
 */
export function createSegmentsConfiguration<C>(
  store: Store,
  compile: (source: PlanSource) => C,
  findDefaultPolicy: (sandbox: string) => Promise<string>,
): SegmentsConfiguration<C> {
  const configurations = createConfigurations(store, 'segments');
  const known = new WeakMap<LoadedConfiguration, Compiled<C>>();
  const load = configurations.compiled((loaded) => loaded);
  return {
    segments: configurations<Segment>('segment'),
    ...createSharingConfiguration(configurations),
    async compiled(sandbox) {
      const loaded = await load(sandbox);
      const found = known.get(loaded);
      const segments = found?.source.segments ?? segmentsOf(loaded);
      const defaultPolicy = namesPolicy(segments) ? await findDefaultPolicy(sandbox) : undefined;
      if (found && found.source.defaultPolicy === defaultPolicy) return found.made;
      const source = { segments, shared: sharedSegmentsOf(loaded), defaultPolicy };
      const made = compile(source);
      known.set(loaded, { source, made });
      return made;
    },
  };
}

interface Compiled<C> {
  readonly source: PlanSource;
  readonly made: C;
}

function namesPolicy(segments: ReadonlyMap<string, Segment>): boolean {
  for (const { live } of segments.values()) if (live?.mergePolicy !== undefined) return true;
  return false;
}

function segmentsOf({ kinds }: LoadedConfiguration): ReadonlyMap<string, Segment> {
  return new Map([...(kinds.get('segment') ?? [])].map(([id, { value }]) => [id, value as Segment]));
}
