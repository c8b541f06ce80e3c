import type { MergePolicyUsers, PrivacyHolder, SegmentUsers } from '../flow/ports';
import type { Platform } from '../platform/platform';
import { createDestinationsSubgraph, type DestinationsSubgraph } from '../subgraphs/destinations';
import { createOffersSubgraph, type OffersSubgraph } from '../subgraphs/offers';
import {
  createProfileSubgraph,
  DEFAULT_LIMITS,
  type Limits,
  type ProfileOptions,
  type ProfileSubgraph,
  type UnknownConsents,
} from '../subgraphs/profile';
import { createSegmentsSubgraph, type SegmentsOptions, type SegmentsSubgraph } from '../subgraphs/segments';

/** What the rules of all subgraphs share. */
export interface Rules {
  /** The IANA zone in which days, weeks and months are counted in rules; default `UTC`. */
  readonly timeZone: string;
  /** With it, a person's identity sent with a public key needs its proof, HMAC-SHA-256 (hex) over `namespace|value`. */
  readonly identitySecret?: string | undefined;
  /** What differs from the default limits of data that comes in (P-4). */
  readonly limits?: Partial<Limits> | undefined;
  /** What silence about a purpose counts as, where it is not the usual (P-18). */
  readonly unknownConsents?: UnknownConsents | undefined;
}

/** Those of the rules that the profile subgraph goes by. */
export function profileRules({ timeZone, identitySecret, limits, unknownConsents }: Rules): ProfileOptions {
  return {
    timeZone,
    ...(identitySecret ? { identitySecret } : {}),
    ...(limits ? { limits } : {}),
    ...(unknownConsents ? { unknownConsents } : {}),
  };
}

/** Those of the rules that the segments subgraph goes by. */
export function segmentRules({ timeZone, limits }: Rules): Pick<SegmentsOptions, 'timeZone' | 'eventsPerProfile'> {
  return { timeZone, eventsPerProfile: limits?.eventsPerProfile ?? DEFAULT_LIMITS.eventsPerProfile };
}

/** The four subgraphs of one process. */
export interface Subgraphs {
  readonly profile: ProfileSubgraph;
  readonly segments: SegmentsSubgraph;
  readonly offers: OffersSubgraph;
  readonly destinations: DestinationsSubgraph;
}

/** Makes all four over one platform, each with the others' ports. */
export function createSubgraphs(platform: Platform, rules: Rules): Subgraphs {
  const { timeZone } = rules;
  const holders: PrivacyHolder[] = [];
  const privacy = (): readonly PrivacyHolder[] => holders;
  const namingPolicies: MergePolicyUsers[] = [];
  const policyUsers = (): readonly MergePolicyUsers[] => namingPolicies;
  const profile = createProfileSubgraph(platform, { ...profileRules(rules), privacy, policyUsers });
  const users: SegmentUsers[] = [];
  const segments = createSegmentsSubgraph(platform, {
    ...segmentRules(rules),
    profiles: profile.reader,
    users: () => users,
  });
  const ports = { profiles: profile.reader, segments: segments.reader };
  const offers = createOffersSubgraph(platform, { ...ports, timeZone });
  const destinations = createDestinationsSubgraph(platform, { ...ports, timeZone });
  users.push(offers.users, destinations.users);
  namingPolicies.push(segments.policyUsers);
  holders.push(segments.privacy, offers.privacy, destinations.privacy);
  return { profile, segments, offers, destinations };
}
