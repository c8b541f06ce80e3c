import type { Configuration, Configurations, LoadedConfiguration } from '../../../platform/store/configuration';
import type { AudienceSource, Shares } from '../domain/sharing';

/** Sources of shared audiences, and what each shares: a definition of its own, so that its quota is exact. */
export interface SharingConfiguration {
  readonly sources: Configuration<AudienceSource>;
  readonly shares: Configuration<Shares>;
}

const SHARES = 'shares';

/** Beside the segments, so that sharing counts with the next request. */
export function createSharingConfiguration(configurations: Configurations): SharingConfiguration {
  return { sources: configurations<AudienceSource>('audienceSource'), shares: configurations<Shares>(SHARES) };
}

/** The segments that anyone shares. */
export function sharedSegmentsOf({ kinds }: LoadedConfiguration): ReadonlySet<string> {
  const shares = [...(kinds.get(SHARES)?.values() ?? [])].map(({ value }) => value as Shares);
  return new Set(shares.flatMap(({ segments }) => Object.keys(segments)));
}
