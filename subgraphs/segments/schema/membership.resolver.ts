import DataLoader from 'dataloader';
import { Arg, Ctx, Directive, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import type { ProfileReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { MembershipStatus } from '../../../platform/graphql/membership-status';
import { perRequest, type RequestContext } from '../../../platform/graphql/request-context';
import { contextualSegments } from '../domain/contextual';
import type { Membership } from '../domain/membership';
import type { Plan } from '../domain/plan';
import type { Segment as SegmentDefinition } from '../domain/segment';
import { findValidUntil } from '../domain/valid-until';
import type { ReadMemberships, Standing } from '../use-cases/read-memberships';
import { NO_VIEWS, readViews } from '../use-cases/read-views';
import { realizedOf } from '../use-cases/segment-reader';
import { SegmentMembership } from './membership.type';
import { type Segment, toSegment } from './segment.type';
import { SegmentsProfile } from './segments-profile.type';

const NONE: ReadonlyMap<string, Membership> = new Map();

type Standings = DataLoader<SegmentsProfile, Standing, string>;

/** What segments know of a person. */
@Resolver(() => SegmentsProfile)
export class MembershipResolver {
  /** Segments as callers see them, made once for each state of a segment. */
  private readonly shown = new WeakMap<SegmentDefinition, Segment>();

  constructor(
    private readonly read: ReadMemberships,
    private readonly profiles: ProfileReader,
    private readonly clock: Clock,
  ) {}

  @Directive('@requires(fields: "decisionFacts")')
  @FieldResolver(() => [SegmentMembership], {
    nullable: true,
    description: 'The segments that the person is in at this instant, or was in.',
  })
  async segments(
    @Root() profile: SegmentsProfile,
    @Arg('statuses', () => [MembershipStatus], { nullable: true, defaultValue: ['REALIZED'] })
    statuses: readonly MembershipStatus[] | null,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these segments.' }) ids: readonly string[] | null,
    @Ctx() context: RequestContext,
  ): Promise<SegmentMembership[]> {
    const { standing, onRequest } = await this.stand(profile, context);
    const { plan, evaluated } = standing;
    const asked = statuses ?? ['REALIZED'];
    const all = [...evaluated.memberships, ...onRequest].filter(
      ([id, { status }]) => asked.includes(status) && (!ids || ids.includes(id)),
    );
    let ends: ReadonlyMap<string, number> | undefined;
    const findEndMs = (id: string): number | undefined => {
      ends ??= findValidUntil(
        evaluated,
        all.map(([known]) => known),
        plan,
      );
      return ends.get(id);
    };
    const shown = all.sort(([a], [b]) => (a < b ? -1 : 1));
    return shown.flatMap(([id, membership]) => this.toSegmentMembership(id, membership, () => findEndMs(id), plan));
  }

  @Directive('@inaccessible')
  @Directive('@requires(fields: "decisionFacts")')
  @FieldResolver(() => [ID], { nullable: true })
  async realizedSegmentIds(@Root() profile: SegmentsProfile, @Ctx() context: RequestContext): Promise<string[]> {
    const { standing, onRequest } = await this.stand(profile, context);
    return [...realizedOf(standing), ...onRequest.keys()];
  }

  private async stand(profile: SegmentsProfile, context: RequestContext) {
    const standing = await this.standing(profile, context);
    const nowMs = this.nowOf(context);
    if (standing.plan.requestRules.length === 0) return { standing, onRequest: NONE };
    const onRequest = await contextualSegments({
      standing,
      facts: profile.decisionFacts,
      nowMs,
      requestId: context.requestId,
      readEvents: async () => {
        const [found] = await this.profiles.getMany(context.sandbox, [profile.id], { events: true });
        return found?.events ?? [];
      },
      readViews: async (policies) => {
        const [views] = await readViews(this.profiles, context.sandbox, policies, [profile.id]);
        return views ?? NO_VIEWS;
      },
    });
    return { standing, onRequest };
  }

  private async standing(profile: SegmentsProfile, context: RequestContext): Promise<Standing> {
    const load = (refs: readonly SegmentsProfile[]) => this.read(context.sandbox, refs, this.nowOf(context));
    if (context.operation === 'subscription') {
      // What is loaded once for a request would be stale for the next event.
      const [fresh] = await load([profile]);
      return fresh as Standing;
    }
    const loader = perRequest(
      context,
      this,
      (): Standings =>
        new DataLoader(async (refs) => [...(await load(refs))], {
          cacheKeyFn: ({ id, revision }) => `${id}|${revision}`,
        }),
    );
    return loader.load(profile);
  }

  private toSegmentMembership(
    id: string,
    membership: Membership,
    findEndMs: () => number | undefined,
    plan: Plan,
  ): readonly SegmentMembership[] {
    const segment = plan.segments.get(id);
    if (!segment || segment.status === 'DELETED') return [];
    // Withdrawn, and its members are on their way out.
    if (membership.status === 'REALIZED' && plan.versionOf(id) === 0) return [];
    const shown = this.shown.get(segment) ?? toSegment(id, segment);
    this.shown.set(segment, shown);
    return [new SegmentMembership(shown, membership, findEndMs)];
  }

  private nowOf({ operation, nowMs }: RequestContext): number {
    return operation === 'subscription' ? this.clock.now() : nowMs;
  }
}

/** What is found of a membership only when it is asked for. */
@Resolver(() => SegmentMembership)
export class MembershipEndResolver {
  @FieldResolver(() => Date, { nullable: true, description: 'When time will end it; null: time alone will not.' })
  validUntil(@Root() { status, findEndMs }: SegmentMembership): Date | null {
    const endMs = status === 'REALIZED' ? findEndMs() : undefined;
    return endMs === undefined ? null : new Date(endMs);
  }
}
