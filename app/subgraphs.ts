import type { PrivacyHolder, SegmentUsers } from '../flow/ports';
import type { Platform } from '../platform/platform';
import { createDestinationsSubgraph, type DestinationsSubgraph } from '../subgraphs/destinations';
import { createOffersSubgraph, type OffersSubgraph } from '../subgraphs/offers';
import { createProfileSubgraph, type ProfileSubgraph } from '../subgraphs/profile';
import { createSegmentsSubgraph, type SegmentsSubgraph } from '../subgraphs/segments';

/** What the rules of all subgraphs share. */
export interface Rules {
  /** The IANA zone in which days, weeks and months are counted. */
  readonly timeZone: string;
  /** With it, a person's identity sent with a public key needs its proof. */
  readonly identitySecret?: string | undefined;
}

/** The four subgraphs of one process. */
export interface Subgraphs {
  readonly profile: ProfileSubgraph;
  readonly segments: SegmentsSubgraph;
  readonly offers: OffersSubgraph;
  readonly destinations: DestinationsSubgraph;
}

/** Makes all four over one platform, each with the others' ports. */
export function createSubgraphs(platform: Platform, { timeZone, identitySecret }: Rules): Subgraphs {
  const holders: PrivacyHolder[] = [];
  const privacy = (): readonly PrivacyHolder[] => holders;
  const profile = createProfileSubgraph(platform, { timeZone, privacy, ...(identitySecret ? { identitySecret } : {}) });
  const users: SegmentUsers[] = [];
  const segments = createSegmentsSubgraph(platform, { profiles: profile.reader, users: () => users, timeZone });
  const ports = { profiles: profile.reader, segments: segments.reader };
  const offers = createOffersSubgraph(platform, ports);
  const destinations = createDestinationsSubgraph(platform, ports);
  users.push(offers.users, destinations.users);
  holders.push(segments.privacy, offers.privacy, destinations.privacy);
  return { profile, segments, offers, destinations };
}
