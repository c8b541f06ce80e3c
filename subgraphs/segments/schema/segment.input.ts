import { Field, ID, InputType, Int } from 'type-graphql';
import type { SegmentDraft } from '../domain/segment';

@InputType({ description: 'A segment under an id chosen by the caller.' })
export class SegmentInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => String, { description: 'PQL: who is in the segment. At most 15 KB.' })
  rule!: string;
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'True: the rule is evaluated from now on. False: a rule that is published already goes on.',
  })
  publish?: boolean | null;
  @Field(() => ID, { nullable: true, description: 'The view of profiles that the rule reads; absent: the default.' })
  mergePolicy?: string | null;
  @Field(() => [String], { nullable: true })
  labels?: readonly string[] | null;
  @Field(() => Int, {
    nullable: true,
    description: 'CONFLICT unless this is the current version; 0: there must be none.',
  })
  expectedVersion?: number | null;
}

/** What is saved of the input. */
export function toSegmentDraft({ name, description, rule, mergePolicy, labels }: SegmentInput): SegmentDraft {
  return {
    name,
    rule,
    labels: [...new Set(labels ?? [])],
    ...(description && { description }),
    ...(mergePolicy && { mergePolicy }),
  };
}
