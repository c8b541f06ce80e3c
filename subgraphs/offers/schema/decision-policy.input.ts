import { Field, ID, InputType, Int } from 'type-graphql';
import type { Collection, Criterion, DecisionPolicy, RankingMethod as RankingMethodName } from '../domain/definitions';
import { EligibilityInput, toEligibility } from './eligibility.input';
import { RankingMethod } from './offer-enums';

@InputType({ description: 'The offers named, and all offers that carry at least one of the tags.' })
export class CollectionInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => [ID], { nullable: true })
  offers?: readonly string[] | null;
  @Field(() => [String], { nullable: true })
  tags?: readonly string[] | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

@InputType({ description: 'Offers to choose from, for whom, and how they are ranked.' })
export class CriterionInput {
  @Field(() => ID)
  collection!: string;
  @Field(() => EligibilityInput, { nullable: true })
  eligibility?: EligibilityInput | null;
  @Field(() => RankingMethod, { nullable: true, defaultValue: 'PRIORITY' })
  ranking?: RankingMethodName | null;
  @Field(() => String, {
    nullable: true,
    description: 'With FORMULA: a PQL number over attributes, `computedAttributes`, `context` and `offer`.',
  })
  formula?: string | null;
}

@InputType({ description: 'Criteria that are ranked together, by one method.' })
export class CriterionGroupInput {
  @Field(() => [CriterionInput])
  criteria!: readonly CriterionInput[];
}

@InputType()
export class DecisionPolicyInput {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  placement!: string;
  @Field(() => [CriterionGroupInput], { description: 'Each group only fills what the ones before it left open.' })
  groups!: readonly CriterionGroupInput[];
  @Field(() => ID, { description: 'The fallback offer: shown when no offer fits.' })
  fallback!: string;
  @Field(() => Date, { nullable: true })
  start?: Date | null;
  @Field(() => Date, { nullable: true })
  end?: Date | null;
  @Field(() => Boolean, { nullable: true, defaultValue: true })
  enabled?: boolean | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** The collection that was meant. */
export function toCollectionDefinition({ name, offers, tags }: CollectionInput): Collection {
  return { name, offers: offers ?? [], tags: tags ?? [] };
}

/** The decision policy that was meant. */
export function toPolicyDefinition(input: DecisionPolicyInput): DecisionPolicy {
  return {
    placement: input.placement,
    groups: input.groups.map(({ criteria }) => ({ criteria: criteria.map(toCriterion) })),
    fallback: input.fallback,
    ...(input.start ? { startMs: input.start.getTime() } : {}),
    ...(input.end ? { endMs: input.end.getTime() } : {}),
    enabled: input.enabled ?? true,
  };
}

function toCriterion({ collection, eligibility, ranking, formula }: CriterionInput): Criterion {
  const meant = toEligibility(eligibility);
  return {
    collection,
    ranking: ranking ?? 'PRIORITY',
    ...(meant ? { eligibility: meant } : {}),
    ...(formula ? { formula } : {}),
  };
}
