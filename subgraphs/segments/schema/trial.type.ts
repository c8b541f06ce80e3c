import { Field, Float, Int, ObjectType } from 'type-graphql';
import { JsonScalar } from '../../../platform/graphql/subgraph-schema';
import type { PqlExplanation } from '../../../platform/pql/explain';
import { RuleDiagnostic } from './rule-diagnostic.type';
import { SegmentsProfile } from './segments-profile.type';

@ObjectType({ description: 'People for whom a rule holds.' })
export class SegmentPreview {
  @Field(() => [SegmentsProfile])
  profiles!: readonly SegmentsProfile[];
  @Field(() => [RuleDiagnostic], {
    description: 'What is wrong with the rule, and then nobody is shown; or what is doubtful.',
  })
  diagnostics!: readonly RuleDiagnostic[];
}

@ObjectType({ description: 'How many people a rule holds for.' })
export class SegmentEstimate {
  @Field(() => Int)
  size!: number;
  @Field(() => Int, { description: 'The lower end of the interval.' })
  low!: number;
  @Field(() => Int, { description: 'The upper end of the interval.' })
  high!: number;
  @Field(() => Float, { description: 'How often such an interval holds the truth.' })
  confidence!: number;
  @Field(() => Int, { description: 'How many people were looked at.' })
  sampled!: number;
  @Field(() => [RuleDiagnostic], {
    description: 'What is wrong with the rule, and then nobody was counted; or what is doubtful.',
  })
  diagnostics!: readonly RuleDiagnostic[];
}

@ObjectType({ description: 'A node of a rule: its text, what it came to, and what made it so.' })
export class ExplanationNode {
  @Field(() => String)
  text!: string;
  @Field(() => JsonScalar, { nullable: true })
  value!: unknown;
  @Field(() => Boolean, { nullable: true, description: 'Null for what is no condition.' })
  truth!: boolean | null;
  @Field(() => [JsonScalar], { description: 'The fields, events and segments that it was read from.' })
  evidence!: readonly unknown[];
  @Field(() => [ExplanationNode])
  children!: readonly ExplanationNode[];
}

@ObjectType({ description: 'Why a person is in a segment, or is not.' })
export class MembershipExplanation {
  @Field(() => Boolean)
  member!: boolean;
  @Field(() => Date)
  at!: Date;
  @Field(() => Date, { nullable: true, description: 'When time alone will change it; null: never.' })
  nextChangeAt!: Date | null;
  @Field(() => ExplanationNode)
  tree!: ExplanationNode;
}

/** A node as callers see it. */
export function toExplanationNode({ text, value, truth, evidence, children }: PqlExplanation): ExplanationNode {
  return {
    text,
    value: value ?? null,
    truth: truth ?? null,
    evidence: evidence.filter((item) => item !== undefined && item !== null),
    children: children.map(toExplanationNode),
  };
}
