import { Arg, Ctx, Directive, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Subject } from '../domain/decide';
import { toSubject } from '../domain/subject';
import type { OffersConfiguration } from '../store/offers-configuration';
import type { DecidePlacements } from '../use-cases/decide-placements';
import { Decision, PlacementRequest, toDecision } from './decision.type';
import { OffersProfile } from './offers-profile.type';

type Context = Readonly<Record<string, unknown>>;

/** What to show: to a person, and to a visitor nobody knows. */
@Resolver(() => OffersProfile)
export class DecisionResolver {
  constructor(
    private readonly configuration: OffersConfiguration,
    private readonly decidePlacements: DecidePlacements,
  ) {}

  @Directive('@requires(fields: "decisionFacts realizedSegmentIds")')
  @FieldResolver(() => [Decision], {
    nullable: true,
    description:
      'What to show on each placement, in the order asked. Under a mutation these are decisions and count; under a query or a subscription they are what would be decided now.',
  })
  async decisions(
    @Root() profile: OffersProfile,
    @Arg('placements', () => [PlacementRequest]) placements: PlacementRequest[],
    @Arg('context', () => JsonObjectScalar, {
      nullable: true,
      description: 'Facts of the request, for rules under `context`.',
    })
    context: Context | null,
    @Arg('allowDuplicates', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: 'True: an offer may be shown on several of the placements.',
    })
    allowDuplicates: boolean | null,
    @Ctx() request: RequestContext,
  ): Promise<Decision[]> {
    const subject = toSubject(profile.decisionFacts, profile.realizedSegmentIds, context, request.nowMs);
    return this.decide(profile.id, placements, allowDuplicates ?? false, subject, request);
  }

  @Query(() => [Decision], {
    nullable: true,
    description: 'What a visitor nobody knows would be shown. Writes and counts nothing.',
  })
  async anonymousDecisions(
    @Arg('placements', () => [PlacementRequest]) placements: PlacementRequest[],
    @Arg('context', () => JsonObjectScalar, { nullable: true }) context: Context | null,
    @Ctx() request: RequestContext,
  ): Promise<Decision[]> {
    return this.decide('', placements, false, toSubject({}, [], context, request.nowMs), request);
  }

  private async decide(
    profileId: string,
    requests: readonly PlacementRequest[],
    allowDuplicates: boolean,
    subject: Subject,
    { sandbox, requestId }: RequestContext,
  ): Promise<Decision[]> {
    const catalogue = await this.configuration.catalogue(sandbox);
    const placements = requests.map(({ placement, count, language }) => ({
      placement,
      count: count ?? 1,
      language: language ?? undefined,
    }));
    return this.decidePlacements(catalogue, { requestId, profileId, placements, allowDuplicates, subject }).map(
      (decided) => toDecision(catalogue, decided),
    );
  }
}
