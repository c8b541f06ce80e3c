import { Arg, Ctx, Field, Float, ID, ObjectType, Query, Resolver } from 'type-graphql';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Candidate, CandidateOutcome as CandidateOutcomeName } from '../domain/candidates';
import type { DecisionReason as DecisionReasonName, PlacementOutcome } from '../domain/decide';
import { explainCandidate } from '../domain/explain';
import type { CatalogueInUse, OffersConfiguration } from '../store/offers-configuration';
import type { ExplainDecision } from '../use-cases/explain-decision';
import { placementIn, shownOffer } from './decision.type';
import { Offer, toOffer } from './offer.type';
import { CandidateOutcome, DecisionReason } from './offer-enums';
import { Placement } from './placement.type';

@ObjectType({ description: 'One offer that was considered, and how it ended for it.' })
export class CandidateExplanation {
  @Field(() => Offer)
  offer!: Offer;
  @Field(() => CandidateOutcome)
  outcome!: CandidateOutcomeName;
  @Field(() => Float, { nullable: true })
  score!: number | null;
  @Field(() => String)
  detail!: string;
}

@ObjectType({ description: 'Why a person would be shown what they are shown.' })
export class DecisionExplanation {
  @Field(() => Placement)
  placement!: Placement;
  @Field(() => Date)
  at!: Date;
  @Field(() => Offer, { nullable: true })
  chosen!: Offer | null;
  @Field(() => DecisionReason)
  reason!: DecisionReasonName;
  @Field(() => [CandidateExplanation], { description: 'Every offer of the policy, the best first.' })
  candidates!: CandidateExplanation[];
}

/** Why a decision would come out as it does. */
@Resolver()
export class DecisionExplanationResolver {
  constructor(
    private readonly configuration: OffersConfiguration,
    private readonly explain: ExplainDecision,
  ) {}

  @Query(() => DecisionExplanation, {
    nullable: true,
    description:
      'For any person: every offer considered for a placement, with its score or why it was left out. Counts nothing.',
  })
  async explainDecision(
    @Arg('profile', () => IdentityInput) identity: IdentityInput,
    @Arg('placement', () => ID) placement: string,
    @Arg('at', () => Date, { nullable: true, description: 'Default: now. What is known now, seen at that instant.' })
    at: Date | null,
    @Arg('context', () => JsonObjectScalar, { nullable: true }) context: Readonly<Record<string, unknown>> | null,
    @Ctx() { sandbox, nowMs }: RequestContext,
  ): Promise<DecisionExplanation> {
    const catalogue = await this.configuration.catalogue(sandbox);
    const atMs = at?.getTime() ?? nowMs;
    const outcome = await this.explain(catalogue, { sandbox, identity, placement, atMs, context: context ?? {} });
    return toExplanation(catalogue, outcome, atMs);
  }
}

function toExplanation(catalogue: CatalogueInUse, outcome: PlacementOutcome, atMs: number): DecisionExplanation {
  const [first] = outcome.choices;
  if (!first) throw new Error('A placement always has a choice.');
  return {
    placement: placementIn(catalogue, first.placement.id, first.placement.placement),
    at: new Date(atMs),
    chosen: first.shown ? shownOffer(catalogue, first.shown) : null,
    reason: first.reason,
    candidates: outcome.candidates.map((candidate) => toCandidate(catalogue, candidate)),
  };
}

function toCandidate(catalogue: CatalogueInUse, candidate: Candidate): CandidateExplanation {
  const { id, offer } = candidate.planned;
  return {
    offer: toOffer({ id, version: catalogue.versionOf('offer', id), value: offer }),
    outcome: candidate.outcome,
    score: candidate.score ?? null,
    detail: explainCandidate(candidate),
  };
}
