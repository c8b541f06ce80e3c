import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import { VALID_DAYS } from '../domain/segment';
import type {
  AudienceImport as AudienceImportDefinition,
  ExternalMember,
  MemberAnswer,
} from '../use-cases/import-audience';
import { Segment, toSegment } from './segment.type';

@InputType({ description: 'An audience whose members come from elsewhere.' })
export class ExternalAudienceInput {
  @Field(() => ID, { description: 'Usable wherever a segment is: in `inSegment`, in decisions, in activations.' })
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'Who it comes from.' })
  provider!: string;
  @Field(() => Int, {
    nullable: true,
    defaultValue: VALID_DAYS,
    description: 'How long an import holds that does not say.',
  })
  validDays?: number | null;
  @Field(() => [String], { nullable: true })
  labels?: readonly string[] | null;
}

@InputType({ description: 'One person of an import.' })
export class ExternalMemberInput {
  @Field(() => IdentityInput, { description: 'Also of someone nobody has met yet.' })
  identity!: IdentityInput;
  @Field(() => Date, { nullable: true, description: 'Absent: as the audience says.' })
  validUntil?: Date | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'True: is in it no more.' })
  remove?: boolean | null;
}

@ObjectType({ description: 'A member that was not taken.' })
export class RefusedMember {
  @Field(() => ID)
  namespace!: string;
  @Field(() => String)
  value!: string;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'What became of an import.' })
export class AudienceImport {
  @Field(() => ID)
  id!: string;
  @Field(() => Segment, { description: 'The audience.' })
  audience!: Segment;
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int)
  rejected!: number;
  @Field(() => Int, { description: 'How many of those accepted are people who are known already.' })
  matched!: number;
  @Field(() => [RefusedMember], { description: 'In the order given.' })
  refused!: readonly RefusedMember[];
}

/** A member as the use case takes it. */
export function toExternalMember({ identity, validUntil, remove }: ExternalMemberInput): ExternalMember {
  return { identity, validUntilMs: validUntil?.getTime(), remove: remove ?? false };
}

/** An import as callers see it. */
export function toAudienceImport({ id, audience, answers, matched }: AudienceImportDefinition): AudienceImport {
  const refused = answers.flatMap(toRefusedMember);
  return {
    id,
    audience: toSegment(audience.id, audience.value),
    accepted: answers.length - refused.length,
    rejected: refused.length,
    matched,
    refused,
  };
}

function toRefusedMember({ identity: { namespace, value }, refusal }: MemberAnswer): readonly RefusedMember[] {
  return refusal ? [{ namespace, value: value.slice(0, 200), ...refusal }] : [];
}
