import { createConfigurationResolver, overInputs } from '../../../platform/graphql/configuration-resolver';
import type {
  Collection as CollectionDefinition,
  FallbackOffer as FallbackOfferDefinition,
  Offer as OfferDefinition,
  Placement as PlacementDefinition,
  DecisionPolicy as PolicyDefinition,
} from '../domain/definitions';
import type { DefinitionUseCases } from '../use-cases/save-definition';
import { Collection, toCollection } from './collection.type';
import {
  CollectionInput,
  DecisionPolicyInput,
  toCollectionDefinition,
  toPolicyDefinition,
} from './decision-policy.input';
import { DecisionPolicy, toDecisionPolicy } from './decision-policy.type';
import { FallbackOfferInput, OfferInput, toFallbackOfferDefinition, toOfferDefinition } from './offer.input';
import { Offer, toFallbackOffer, toOffer } from './offer.type';
import { PlacementInput, toPlacementDefinition } from './placement.input';
import { Placement, toPlacement } from './placement.type';

const PlacementResolver = createConfigurationResolver<Placement, PlacementInput, PlacementDefinition>({
  name: 'Placement',
  plural: 'placements',
  type: () => Placement,
  input: () => PlacementInput,
});
const OfferResolver = createConfigurationResolver<Offer, OfferInput, OfferDefinition>({
  name: 'Offer',
  plural: 'offers',
  type: () => Offer,
  input: () => OfferInput,
});
const FallbackOfferResolver = createConfigurationResolver<Offer, FallbackOfferInput, FallbackOfferDefinition>({
  name: 'FallbackOffer',
  plural: 'fallbackOffers',
  type: () => Offer,
  input: () => FallbackOfferInput,
});
const CollectionResolver = createConfigurationResolver<Collection, CollectionInput, CollectionDefinition>({
  name: 'Collection',
  plural: 'collections',
  type: () => Collection,
  input: () => CollectionInput,
});
const DecisionPolicyResolver = createConfigurationResolver<DecisionPolicy, DecisionPolicyInput, PolicyDefinition>({
  name: 'DecisionPolicy',
  plural: 'decisionPolicies',
  type: () => DecisionPolicy,
  input: () => DecisionPolicyInput,
});

/** The verbs behind each kind of definition. */
export interface DefinitionVerbs {
  readonly placements: DefinitionUseCases<PlacementDefinition>;
  readonly offers: DefinitionUseCases<OfferDefinition>;
  readonly fallbackOffers: DefinitionUseCases<FallbackOfferDefinition>;
  readonly collections: DefinitionUseCases<CollectionDefinition>;
  readonly policies: DefinitionUseCases<PolicyDefinition>;
}

/** Get, list, put and delete of every kind of definition. */
export function createDefinitionResolvers(verbs: DefinitionVerbs): readonly object[] {
  return [
    new PlacementResolver(overInputs(verbs.placements, toPlacementDefinition), toPlacement),
    new OfferResolver(overInputs(verbs.offers, toOfferDefinition), toOffer),
    new FallbackOfferResolver(overInputs(verbs.fallbackOffers, toFallbackOfferDefinition), toFallbackOffer),
    new CollectionResolver(overInputs(verbs.collections, toCollectionDefinition), toCollection),
    new DecisionPolicyResolver(overInputs(verbs.policies, toPolicyDefinition), toDecisionPolicy),
  ];
}
