import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { type Connection, toPageSize } from '../../../platform/graphql/connections';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import { MembershipStatus } from '../../../platform/graphql/membership-status';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { Plan } from '../domain/plan';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import type { Qualification } from '../use-cases/follow-qualifications';
import type { Qualifications } from '../use-cases/read-qualifications';
import { SegmentQualification, SegmentQualificationConnection, toSegmentQualification } from './membership.type';
import { Segment, toSegment } from './segment.type';

@ArgsType()
class QualificationArguments {
  @Field(() => [ID], { nullable: true, description: 'Only these segments.' })
  segments?: readonly string[] | null;
  @Field(() => IdentityInput, { nullable: true, description: 'Only this person.' })
  profile?: IdentityInput | null;
  @Field(() => [MembershipStatus], { nullable: true, description: 'Only entries, or only exits.' })
  statuses?: readonly MembershipStatus[] | null;
  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the last one that was seen; absent: from now on. Too old: reason CURSOR_EXPIRED.',
  })
  after?: string | null;
}

/** Announcements to read, and the segment that each names. */
@Resolver(() => SegmentQualification)
export class QualificationResolver {
  constructor(
    private readonly qualifications: Qualifications,
    private readonly configuration: SegmentsConfiguration<Plan>,
  ) {}

  @Query(() => SegmentQualificationConnection, {
    nullable: true,
    description: 'Every entry and exit that is still kept, in order per profile; cursors as of the subscription.',
  })
  async segmentQualifications(
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('segments', () => [ID], { nullable: true }) segments: readonly string[] | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<SegmentQualification>> {
    const size = toPageSize(first, 100);
    const filter = { segments: segments ?? undefined };
    const page = await this.qualifications.page(sandbox, filter, after ?? undefined, size);
    const edges = page.qualifications.map((one) => ({ cursor: one.cursor, node: toSegmentQualification(one) }));
    return {
      edges,
      pageInfo: {
        hasNextPage: page.hasMore,
        hasPreviousPage: after !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: page.endCursor,
      },
    };
  }

  @FieldResolver(() => Segment, { nullable: true })
  async segment(
    @Root() { segmentId }: SegmentQualification,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Segment | null> {
    const stored = (await this.configuration.segments.all(sandbox)).get(segmentId);
    return stored && stored.value.status !== 'DELETED' ? toSegment(segmentId, stored.value) : null;
  }
}

/**
 * The subscription of one subgraph. What subscribes is named where the class is made, and not where it is called: so each
 * subgraph has a class of its own.
 */
export function createSubscriptionResolver(qualifications: Qualifications): object {
  @Resolver()
  class SubscriptionResolver {
    @Subscription(() => SegmentQualification, {
      description: 'Every entry and exit, in order per profile, from `after` on when given.',
      subscribe: async ({ args, context }) => {
        const { segments, profile, statuses, after } = args as QualificationArguments;
        const filter = {
          segments: segments ?? undefined,
          identity: profile ?? undefined,
          statuses: statuses ?? undefined,
        };
        const stream = await qualifications.follow((context as RequestContext).sandbox, filter, after ?? undefined);
        return stream as AsyncIterable<Qualification>;
      },
    })
    segmentQualificationChanged(
      @Root() qualification: Qualification,
      @Args(() => QualificationArguments) _: QualificationArguments,
    ): SegmentQualification {
      return toSegmentQualification(qualification);
    }
  }
  return new SubscriptionResolver();
}
