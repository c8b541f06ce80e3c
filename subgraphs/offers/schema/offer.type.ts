import { Field, ID, Int, ObjectType } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type { FallbackOffer, Offer as OfferDefinition, OfferStatus as OfferStatusName } from '../domain/definitions';
import { OfferStatus } from './offer-enums';

@ObjectType({ description: 'Something that can be shown: an offer, or a fallback offer.' })
export class Offer {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Int, { description: 'The higher one is shown first where offers are ranked by priority.' })
  priority!: number;
  @Field(() => JsonObjectScalar, { description: 'Facts about the offer, for formulas and pages.' })
  characteristics!: Readonly<Record<string, unknown>>;
  @Field(() => OfferStatus)
  status!: OfferStatusName;
  @Field(() => Date, { nullable: true, description: 'Not shown before this instant.' })
  start!: Date | null;
  @Field(() => Date, { nullable: true, description: 'Not shown from this instant on.' })
  end!: Date | null;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

const toDate = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));

/** An offer as callers see it. */
export function toOffer({ id, version, value }: Stored<OfferDefinition>): Offer {
  const { name, priority, characteristics, status, startMs, endMs } = value;
  return { id, version, name, priority, characteristics, status, start: toDate(startMs), end: toDate(endMs) };
}

/** A fallback offer as callers see it: approved, without conditions, behind every other. */
export function toFallbackOffer({ id, version, value }: Stored<FallbackOffer>): Offer {
  return {
    id,
    version,
    name: value.name,
    priority: 0,
    characteristics: {},
    status: 'APPROVED',
    start: null,
    end: null,
  };
}
