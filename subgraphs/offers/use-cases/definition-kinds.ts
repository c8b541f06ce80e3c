import { badInput, checkOffer, checkPlacement, checkPolicy, checkRepresentations } from '../domain/check-definition';
import type { Collection, DecisionPolicy, FallbackOffer, Offer, Placement } from '../domain/definitions';
import {
  referencesOfCollection,
  referencesOfFallbackOffer,
  referencesOfOffer,
  referencesOfPolicy,
} from '../domain/references';
import type { OffersConfiguration } from '../store/offers-configuration';
import type { DefinitionKind } from './save-definition';

/** The five kinds of definitions, each with its checks. */
export interface DefinitionKinds {
  readonly placements: DefinitionKind<Placement>;
  readonly offers: DefinitionKind<Offer>;
  readonly fallbackOffers: DefinitionKind<FallbackOffer>;
  readonly collections: DefinitionKind<Collection>;
  readonly policies: DefinitionKind<DecisionPolicy>;
}

/** Offers and fallback offers share one range of ids, as a decision may show either under `offer`. */
export function createDefinitionKinds(configuration: OffersConfiguration): DefinitionKinds {
  return {
    placements: {
      definitions: configuration.placements,
      check: checkPlacement,
      referencesOf: () => ({}),
      referredAs: 'placements',
    },
    offers: {
      definitions: configuration.offers,
      check: (offer, id, saved) => {
        checkOffer(offer);
        if (saved.fallbackOffers.has(id)) throw badInput('id', `there is a fallback offer ${id}.`);
      },
      referencesOf: referencesOfOffer,
      referredAs: 'offers',
    },
    fallbackOffers: {
      definitions: configuration.fallbackOffers,
      check: ({ representations }, id, saved) => {
        checkRepresentations(representations);
        if (saved.offers.has(id)) throw badInput('id', `there is an offer ${id}.`);
      },
      referencesOf: referencesOfFallbackOffer,
      referredAs: 'fallbackOffers',
    },
    collections: {
      definitions: configuration.collections,
      check: () => {},
      referencesOf: referencesOfCollection,
      referredAs: 'collections',
    },
    policies: { definitions: configuration.policies, check: checkPolicy, referencesOf: referencesOfPolicy },
  };
}
