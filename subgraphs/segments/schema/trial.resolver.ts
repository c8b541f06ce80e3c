import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { toPageSize } from '../../../platform/graphql/connections';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { CONFIDENCE } from '../domain/interval';
import type { ExplainMembership } from '../use-cases/explain-membership';
import type { RuleTrial, RuleTrials } from '../use-cases/preview-rule';
import { toRuleDiagnostic } from './rule-diagnostic.type';
import { MembershipExplanation, SegmentEstimate, SegmentPreview, toExplanationNode } from './trial.type';

const POLICY = { nullable: true, description: 'The view of people that the rule is asked on; absent: the default.' };

/** Rules tried before they are saved, and memberships explained. */
@Resolver()
export class TrialResolver {
  constructor(
    private readonly trials: RuleTrials,
    private readonly explain: ExplainMembership,
  ) {}

  @Query(() => SegmentPreview, { nullable: true, description: 'Some people for whom a rule holds now.' })
  async previewSegment(
    @Arg('rule', () => String) rule: string,
    @Arg('size', () => Int, { nullable: true, defaultValue: 10 }) size: number | null,
    @Arg('mergePolicy', () => ID, POLICY) mergePolicy: string | null,
    @Ctx() { sandbox, nowMs }: RequestContext,
  ): Promise<SegmentPreview> {
    const { people, diagnostics } = await this.trials.preview(
      sandbox,
      toTrial(rule, mergePolicy, nowMs),
      toPageSize(size, 10),
    );
    return {
      profiles: people.map(({ id, revision }) => ({ id, revision })),
      diagnostics: diagnostics.map(toRuleDiagnostic),
    };
  }

  @Query(() => SegmentEstimate, { nullable: true, description: 'How many people a rule holds for now.' })
  async estimateSegment(
    @Arg('rule', () => String) rule: string,
    @Arg('mergePolicy', () => ID, POLICY) mergePolicy: string | null,
    @Ctx() { sandbox, nowMs }: RequestContext,
  ): Promise<SegmentEstimate> {
    const { diagnostics, ...estimate } = await this.trials.estimate(sandbox, toTrial(rule, mergePolicy, nowMs));
    return { ...estimate, confidence: CONFIDENCE, diagnostics: diagnostics.map(toRuleDiagnostic) };
  }

  @Query(() => MembershipExplanation, {
    nullable: true,
    description: 'Why a person is in a segment, or is not: each part of its rule with its value and what made it so.',
  })
  async explainMembership(
    @Arg('profile', () => IdentityInput) identity: IdentityInput,
    @Arg('segment', () => ID, { nullable: true, description: 'The segment, unless a rule is given.' })
    segment: string | null,
    @Arg('rule', () => String, { nullable: true, description: 'A rule that is not saved.' }) rule: string | null,
    @Arg('at', () => Date, { nullable: true, description: 'Absent: now.' }) at: Date | null,
    @Arg('mergePolicy', () => ID, {
      ...POLICY,
      description: 'The view that the rule is asked on; a segment has its own.',
    })
    mergePolicy: string | null,
    @Ctx() { sandbox, nowMs }: RequestContext,
  ): Promise<MembershipExplanation> {
    const explained = await this.explain({
      sandbox,
      identity,
      segment: segment ?? undefined,
      rule: rule ?? undefined,
      mergePolicy: mergePolicy ?? undefined,
      atMs: at?.getTime() ?? nowMs,
      nowMs,
    });
    return {
      member: explained.isMember,
      at: new Date(explained.atMs),
      nextChangeAt: explained.nextChangeMs === undefined ? null : new Date(explained.nextChangeMs),
      tree: toExplanationNode(explained.tree),
    };
  }
}

function toTrial(rule: string, mergePolicy: string | null, nowMs: number): RuleTrial {
  return { rule, mergePolicy: mergePolicy ?? undefined, nowMs };
}
