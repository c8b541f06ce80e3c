import type { PrivacyHolder, ProfileReader, SegmentReader, SegmentUsers } from '../../flow/ports';
import type { ReactionsOf } from '../../flow/reactions';
import { createSubgraphSchema, type SubgraphSchema } from '../../platform/graphql/subgraph-schema';
import type { Platform } from '../../platform/platform';
import { usersOf } from './domain/references';
import { DecisionResolver } from './schema/decision.resolver';
import { DecisionExplanationResolver } from './schema/decision-explanation.resolver';
import { createDefinitionResolvers } from './schema/definition.resolvers';
import { OffersProfile } from './schema/offers-profile.type';
import { createOffersConfiguration } from './store/offers-configuration';
import { createDecidePlacements } from './use-cases/decide-placements';
import { createDefinitionKinds } from './use-cases/definition-kinds';
import { createExplainDecision } from './use-cases/explain-decision';
import { createHoldPrivacy } from './use-cases/hold-privacy';
import { createDefinitionUseCases, type DefinitionKind } from './use-cases/save-definition';

export { offersCollections } from './store/offers-configuration';

/** What the offers subgraph needs of the others. */
export interface OffersOptions {
  readonly segments: SegmentReader;
  readonly profiles: ProfileReader;
  /** The IANA zone in which days, weeks and months are counted; default UTC. */
  readonly timeZone?: string;
}

/** Placements, offers and decision policies, and what to show to whom. */
export interface OffersSubgraph extends SubgraphSchema {
  readonly name: 'offers';
  readonly reactions: ReactionsOf<'offers'>;
  /** The offers and decision policies that name a segment. */
  readonly users: SegmentUsers;
  /** What is held of people here, for privacy jobs. */
  readonly privacy: PrivacyHolder;
  start(): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The offers subgraph. It has no work in the background. */
export function createOffersSubgraph(platform: Platform, options: OffersOptions): OffersSubgraph {
  const configuration = createOffersConfiguration(platform.store, options.timeZone ?? 'UTC');
  const kinds = createDefinitionKinds(configuration);
  const verbs = <T extends object>(kind: DefinitionKind<T>) =>
    createDefinitionUseCases(kind, configuration, options.segments);
  const { schema, sdl } = createSubgraphSchema({
    resolvers: [
      new DecisionResolver(configuration, createDecidePlacements(platform.metrics)),
      new DecisionExplanationResolver(configuration, createExplainDecision(options.profiles, options.segments)),
      ...createDefinitionResolvers({
        placements: verbs(kinds.placements),
        offers: verbs(kinds.offers),
        fallbackOffers: verbs(kinds.fallbackOffers),
        collections: verbs(kinds.collections),
        policies: verbs(kinds.policies),
      }),
    ],
    orphanedTypes: [OffersProfile],
    references: { Profile: (reference) => ({ ...reference }) },
  });
  return {
    name: 'offers',
    schema,
    sdl,
    reactions: {},
    users: {
      usersOf: async (sandbox, segmentId) =>
        usersOf((await configuration.catalogue(sandbox)).definitions, 'segments', segmentId),
    },
    privacy: createHoldPrivacy(),
    start: () => {},
    idle: async () => {},
    close: async () => {},
  };
}
