import { Field, ID, InputType } from 'type-graphql';
import type { Eligibility } from '../domain/definitions';

@InputType({ description: 'Who it is for: all of what is given must hold; nothing given is everyone.' })
export class EligibilityInput {
  @Field(() => [ID], { nullable: true, description: 'The person is in all of these segments.' })
  allOf?: readonly string[] | null;
  @Field(() => [ID], { nullable: true, description: 'The person is in at least one of these segments.' })
  anyOf?: readonly string[] | null;
  @Field(() => [ID], { nullable: true, description: 'The person is in none of these segments.' })
  noneOf?: readonly string[] | null;
  @Field(() => String, {
    nullable: true,
    description: 'A PQL rule over attributes, computed attributes and `context`; not over events.',
  })
  rule?: string | null;
}

/** The eligibility that was meant; `undefined` when none was. */
export function toEligibility(input: EligibilityInput | null | undefined): Eligibility | undefined {
  if (!input) return undefined;
  const { allOf, anyOf, noneOf, rule } = input;
  return {
    ...(allOf?.length ? { allOf } : {}),
    ...(anyOf?.length ? { anyOf } : {}),
    ...(noneOf?.length ? { noneOf } : {}),
    ...(rule ? { rule } : {}),
  };
}
