import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Clock } from '../../../platform/clock';
import { DeletePayload } from '../../../platform/graphql/configuration-resolver';
import { type Connection, toConnection, toPageSize } from '../../../platform/graphql/connections';
import { Progress } from '../../../platform/graphql/progress.type';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonScalar } from '../../../platform/graphql/subgraph-schema';
import { parsePql } from '../../../platform/pql/parse';
import type { RuleMethod, RuleSetOptions } from '../domain/engine/rule-set';
import type { Plan } from '../domain/plan';
import type { SegmentStatus } from '../domain/segment';
import type { CountsStore } from '../store/counts-store';
import { backfillId, type JobStore } from '../store/job-store';
import type { MemberStore } from '../store/member-store';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import { methodOf, type SavedSegment } from '../use-cases/describe-segment';
import type { SegmentVerbs } from '../use-cases/save-segment';
import { toRuleDiagnostic } from './rule-diagnostic.type';
import { SegmentInput, toSegmentDraft } from './segment.input';
import {
  Segment,
  SegmentConnection,
  SegmentCounts,
  SegmentEvaluation,
  SegmentPayload,
  toSegment,
} from './segment.type';
import { SegmentLifecycle } from './segment-enums';
import { ProfileConnection, type SegmentsProfile } from './segments-profile.type';

/** What segments are read and changed with. */
export interface SegmentResolverOptions {
  readonly verbs: SegmentVerbs;
  readonly configuration: SegmentsConfiguration<Plan>;
  readonly counts: CountsStore;
  readonly members: MemberStore;
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly rules: RuleSetOptions;
  readonly findDefaultPolicy: (sandbox: string) => Promise<string>;
}

/** Segments, who is in them, and what changes them. */
@Resolver(() => Segment)
export class SegmentResolver {
  constructor(private readonly options: SegmentResolverOptions) {}

  @Query(() => Segment, { nullable: true, description: 'One segment by id; null when there is none.' })
  async segment(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<Segment | null> {
    return this.find(sandbox, id);
  }

  @Query(() => SegmentConnection, { nullable: true, description: 'Every segment, by id; deleted ones if asked for.' })
  async segments(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('status', () => SegmentLifecycle, { nullable: true }) status: SegmentStatus | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<Segment>> {
    const size = toPageSize(first, 50);
    const wanted = [...(await this.options.configuration.segments.all(sandbox)).values()]
      .filter(({ value }) => (status ? value.status === status : value.status !== 'DELETED'))
      .filter(({ id }) => !after || id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return toConnection(
      wanted.slice(0, size + 1).map((stored) => toSegment(stored.id, stored.value)),
      size,
      after,
      ({ id }) => id,
    );
  }

  @Mutation(() => SegmentPayload, {
    nullable: true,
    description: 'Saves a draft, or a new version; twice the same changes nothing.',
  })
  async putSegment(
    @Arg('input', () => SegmentInput) input: SegmentInput,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SegmentPayload> {
    const saved = await this.options.verbs.save(sandbox, {
      id: input.id,
      draft: toSegmentDraft(input),
      publish: input.publish ?? false,
      expectedVersion: input.expectedVersion ?? undefined,
    });
    return toPayload(saved);
  }

  @Mutation(() => SegmentPayload, {
    nullable: true,
    description: 'Evaluates the rule that was saved last from now on, for everyone at once.',
  })
  async publishSegment(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<SegmentPayload> {
    return toPayload(await this.options.verbs.publish(sandbox, id));
  }

  @Mutation(() => SegmentPayload, { nullable: true, description: 'Evaluates it no more; its members exit.' })
  async deactivateSegment(
    @Arg('id', () => ID) id: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SegmentPayload> {
    return toPayload(await this.options.verbs.deactivate(sandbox, id));
  }

  @Mutation(() => DeletePayload, {
    nullable: true,
    description: 'Deletes a segment. In use: CONFLICT, and `extensions.usedBy` lists the users.',
  })
  async deleteSegment(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<DeletePayload> {
    await this.options.verbs.delete(sandbox, id);
    return { id };
  }

  @FieldResolver(() => JsonScalar, { description: 'The same rule as a tree (`pql/json`).' })
  ruleTree(@Root() { rule }: Segment): unknown {
    const parsed = parsePql(rule);
    return parsed.ok ? parsed.tree : null;
  }

  @FieldResolver(() => SegmentEvaluation, { description: 'How the rule is evaluated, and why so.' })
  async evaluation(
    @Root() { id, rule, mergePolicy }: Segment,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<RuleMethod> {
    const { configuration, rules, findDefaultPolicy } = this.options;
    const saved = { rule, ...(mergePolicy !== null && { mergePolicy }) };
    const all = await configuration.segments.all(sandbox);
    return methodOf(id, saved, all, rules, await findDefaultPolicy(sandbox));
  }

  @FieldResolver(() => SegmentCounts)
  async counts(@Root() { id }: Segment, @Ctx() { sandbox }: RequestContext): Promise<SegmentCounts> {
    return { ...(await this.options.counts.total(sandbox, id)), at: new Date(this.options.clock.now()) };
  }

  @FieldResolver(() => ProfileConnection, { nullable: true, description: 'The people in it, by their ids.' })
  async members(
    @Root() { id }: Segment,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<SegmentsProfile>> {
    const size = toPageSize(first, 50);
    const page = await this.options.members.page(sandbox, id, { ...(after && { after }), limit: size + 1 });
    const people = page.map(({ profileId, revision }) => ({ id: profileId, revision }));
    return toConnection(people, size, after, (person) => person.id);
  }

  @FieldResolver(() => Progress, {
    nullable: true,
    description: 'How far a new rule has come on its way to all people; null when none is under way.',
  })
  async backfill(@Root() { id }: Segment, @Ctx() { sandbox }: RequestContext): Promise<Progress | null> {
    const job = (await this.options.jobs.get(sandbox, backfillId(id)))?.value;
    return job?.open ? { done: job.done, total: job.total, finishedAt: null } : null;
  }

  @FieldResolver(() => [String], { description: 'What names it, as `kind:id`; while there is any, it is not deleted.' })
  async usedBy(@Root() { id }: Segment, @Ctx() { sandbox }: RequestContext): Promise<string[]> {
    return [...(await this.options.verbs.usedBy(sandbox, id))];
  }

  private async find(sandbox: string, id: string): Promise<Segment | null> {
    const stored = (await this.options.configuration.segments.all(sandbox)).get(id);
    return stored && stored.value.status !== 'DELETED' ? toSegment(id, stored.value) : null;
  }
}

function toPayload({ segment, previousEvaluation, moved, warnings }: SavedSegment): SegmentPayload {
  return {
    segment: toSegment(segment.id, segment.value),
    previousEvaluation: previousEvaluation ?? null,
    moved: moved.map((each) => ({ ...each, segment: toSegment(each.segment.id, each.segment.value) })),
    warnings: warnings.map(toRuleDiagnostic),
  };
}
