import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import { createConnectionType } from '../../../platform/graphql/connections';
import type { Segment as SegmentDefinition, SegmentStatus } from '../domain/segment';
import { RuleDiagnostic } from './rule-diagnostic.type';
import { EvaluationMethod, SegmentLifecycle } from './segment-enums';

@ObjectType({ description: 'How a rule is evaluated, and why so.' })
export class SegmentEvaluation {
  @Field(() => EvaluationMethod)
  method!: EvaluationMethod;
  @Field(() => [String], { description: 'Sentences for a person.' })
  reasons!: readonly string[];
}

@ObjectType({ description: 'How many people are in a segment, and how many were.' })
export class SegmentCounts {
  @Field(() => Int)
  realized!: number;
  @Field(() => Int)
  exited!: number;
  @Field(() => Date, { description: 'When they were counted.' })
  at!: Date;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'A set of people, given by a rule.' })
export class Segment {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { nullable: true })
  description!: string | null;
  @Field(() => String, { description: 'PQL, as it was saved last.' })
  rule!: string;
  @Field(() => SegmentLifecycle)
  status!: SegmentStatus;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
  @Field(() => Int, { nullable: true, description: 'The version whose rule is evaluated; null unless published.' })
  publishedVersion!: number | null;
  @Field(() => ID, { nullable: true, description: 'The view of profiles that the rule reads; null: the default.' })
  mergePolicy!: string | null;
  @Field(() => [String])
  labels!: readonly string[];
}

export const SegmentConnection = createConnectionType<Segment>('Segment', () => Segment);

@ObjectType({ description: 'A segment that is evaluated in another way since an edit of one that it asks for.' })
export class MovedSegment {
  @Field(() => Segment)
  segment!: Segment;
  @Field(() => SegmentEvaluation, { description: 'What it was; `segment { evaluation }` says what it is, and why.' })
  previousEvaluation!: SegmentEvaluation;
}

@ObjectType({ description: 'What became of a change of a segment.' })
export class SegmentPayload {
  @Field(() => Segment)
  segment!: Segment;
  @Field(() => SegmentEvaluation, { nullable: true, description: 'Set when an edit changed the method.' })
  previousEvaluation!: SegmentEvaluation | null;
  @Field(() => [MovedSegment], {
    description: 'Other segments whose method changed with it, as they ask for this one.',
  })
  moved!: readonly MovedSegment[];
  @Field(() => [RuleDiagnostic], { description: 'What is doubtful about the rule; it is saved all the same.' })
  warnings!: readonly RuleDiagnostic[];
}

/** A segment as callers see it. */
export function toSegment(id: string, segment: SegmentDefinition): Segment {
  const { name, description, rule, status, version, mergePolicy, labels, live } = segment;
  return {
    id,
    name,
    description: description ?? null,
    rule,
    status,
    version,
    publishedVersion: live?.version ?? null,
    mergePolicy: mergePolicy ?? null,
    labels,
  };
}
