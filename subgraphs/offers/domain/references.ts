import type { Collection, DecisionPolicy, Definitions, FallbackOffer, Offer } from './definitions';
import { segmentsOf } from './eligibility';

/** What a definition points to, by kind. */
export interface References {
  readonly placements?: readonly string[];
  readonly offers?: readonly string[];
  readonly fallbackOffers?: readonly string[];
  readonly collections?: readonly string[];
  readonly segments?: readonly string[];
}

/** What an offer points to: the placements of its representations and caps, the segments of its eligibility. */
export function referencesOfOffer({ representations, caps, eligibility }: Offer): References {
  return {
    placements: [...representations, ...caps].flatMap(({ placement }) => placement ?? []),
    segments: segmentsOf(eligibility),
  };
}

/** What a fallback offer points to. */
export function referencesOfFallbackOffer({ representations }: FallbackOffer): References {
  return { placements: representations.map(({ placement }) => placement) };
}

/** What a collection points to. */
export function referencesOfCollection({ offers }: Collection): References {
  return { offers };
}

/** What a decision policy points to. */
export function referencesOfPolicy({ placement, fallback, groups }: DecisionPolicy): References {
  const criteria = groups.flatMap((group) => group.criteria);
  return {
    placements: [placement],
    fallbackOffers: [fallback],
    collections: criteria.map(({ collection }) => collection),
    segments: criteria.flatMap(({ eligibility }) => segmentsOf(eligibility)),
  };
}

/** Every definition that points to `id`, each as `kind:id`. */
export function usersOf(definitions: Definitions, kind: keyof References, id: string): readonly string[] {
  const users = <T>(name: string, all: ReadonlyMap<string, T>, referencesOf: (definition: T) => References) =>
    [...all]
      .filter(([, definition]) => referencesOf(definition)[kind]?.includes(id))
      .map(([user]) => `${name}:${user}`);
  return [
    ...users('offer', definitions.offers, referencesOfOffer),
    ...users('fallbackOffer', definitions.fallbackOffers, referencesOfFallbackOffer),
    ...users('collection', definitions.collections, referencesOfCollection),
    ...users('decisionPolicy', definitions.policies, referencesOfPolicy),
  ];
}
