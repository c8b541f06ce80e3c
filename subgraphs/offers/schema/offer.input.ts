import { Field, ID, InputType, Int } from 'type-graphql';
import { JsonObjectScalar, JsonScalar } from '../../../platform/graphql/subgraph-schema';
import type { Cap, FallbackOffer, Offer, OfferStatus as OfferStatusName, Representation } from '../domain/definitions';
import { EligibilityInput, toEligibility } from './eligibility.input';
import { CapCounts, CapScope, CapUnit, OfferStatus } from './offer-enums';

@InputType({ description: 'What is shown on one placement, in one language or in any.' })
export class RepresentationInput {
  @Field(() => ID)
  placement!: string;
  @Field(() => String, { nullable: true, description: 'For example "de" or "de-CH"; absent: any.' })
  language?: string | null;
  @Field(() => JsonScalar, {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are the tokens that callers write.
    description: 'Strings may hold tokens: `${profile.loyalty.tier|"member"}`, `${context.city|"you"}`.',
  })
  content!: unknown;
}

@InputType({ description: 'How often an offer may be given.' })
export class CapInput {
  @Field(() => Int)
  limit!: number;
  @Field(() => CapScope)
  scope!: Cap['scope'];
  @Field(() => CapCounts, { nullable: true, defaultValue: 'DECISION' })
  counts?: Cap['counts'] | null;
  @Field(() => String, { nullable: true })
  eventType?: string | null;
  @Field(() => ID, { nullable: true })
  placement?: string | null;
  @Field(() => Int, { nullable: true })
  resetEvery?: number | null;
  @Field(() => CapUnit, { nullable: true })
  resetUnit?: NonNullable<Cap['resetUnit']> | null;
}

@InputType()
export class OfferInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Int, { nullable: true, defaultValue: 0 })
  priority?: number | null;
  @Field(() => Date, { nullable: true })
  start?: Date | null;
  @Field(() => Date, { nullable: true })
  end?: Date | null;
  @Field(() => EligibilityInput, { nullable: true })
  eligibility?: EligibilityInput | null;
  @Field(() => [CapInput], { nullable: true })
  caps?: readonly CapInput[] | null;
  @Field(() => [RepresentationInput])
  representations!: readonly RepresentationInput[];
  @Field(() => JsonObjectScalar, { nullable: true })
  characteristics?: Readonly<Record<string, unknown>> | null;
  @Field(() => [String], { nullable: true })
  tags?: readonly string[] | null;
  @Field(() => OfferStatus, { nullable: true, defaultValue: 'DRAFT' })
  status?: OfferStatusName | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

@InputType({ description: 'What is shown when no offer fits.' })
export class FallbackOfferInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => [RepresentationInput])
  representations!: readonly RepresentationInput[];
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** The offer that was meant. */
export function toOfferDefinition(input: OfferInput): Offer {
  const eligibility = toEligibility(input.eligibility);
  return {
    name: input.name,
    priority: input.priority ?? 0,
    ...(input.start ? { startMs: input.start.getTime() } : {}),
    ...(input.end ? { endMs: input.end.getTime() } : {}),
    ...(eligibility ? { eligibility } : {}),
    caps: (input.caps ?? []).map(toCap),
    representations: input.representations.map(toRepresentation),
    characteristics: input.characteristics ?? {},
    tags: input.tags ?? [],
    status: input.status ?? 'DRAFT',
  };
}

/** The fallback offer that was meant. */
export function toFallbackOfferDefinition({ name, representations }: FallbackOfferInput): FallbackOffer {
  return { name, representations: representations.map(toRepresentation) };
}

function toRepresentation({ placement, language, content }: RepresentationInput): Representation {
  return { placement, content, ...(language ? { language } : {}) };
}

function toCap({ limit, scope, counts, eventType, placement, resetEvery, resetUnit }: CapInput): Cap {
  return {
    limit,
    scope,
    counts: counts ?? 'DECISION',
    ...(eventType ? { eventType } : {}),
    ...(placement ? { placement } : {}),
    ...(resetEvery ? { resetEvery } : {}),
    ...(resetUnit ? { resetUnit } : {}),
  };
}
