import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JsonScalar } from '../../../platform/graphql/subgraph-schema';
import type { DecisionReason as DecisionReasonName } from '../domain/decide';
import type { ContentType as ContentTypeName } from '../domain/definitions';
import type { CatalogueInUse } from '../store/offers-configuration';
import type { Decided } from '../use-cases/decide-placements';
import { Offer, toFallbackOffer, toOffer } from './offer.type';
import { ContentType, DecisionReason } from './offer-enums';
import { Placement, toPlacement } from './placement.type';

@InputType({ description: 'What to show on one placement.' })
export class PlacementRequest {
  @Field(() => ID)
  placement!: string;
  @Field(() => Int, { nullable: true, defaultValue: 1, description: 'How many offers at most: 1 to 30.' })
  count?: number | null;
  @Field(() => String, { nullable: true, description: 'For example "de-CH": then "de", then any language will do.' })
  language?: string | null;
}

@ObjectType({ description: 'What to show on a placement, and why.' })
export class Decision {
  @Field(() => ID, { description: 'To report displays, clicks and conversions with.' })
  id!: string;
  @Field(() => Placement)
  placement!: Placement;
  @Field(() => Offer, { nullable: true, description: 'The fallback offer where no other could be chosen.' })
  offer!: Offer | null;
  @Field(() => JsonScalar, { nullable: true, description: "What to show, its tokens filled; null: the page's own." })
  content!: unknown;
  @Field(() => ContentType)
  contentType!: ContentTypeName;
  @Field(() => Float, { nullable: true, description: 'What the offer was ranked by.' })
  score!: number | null;
  @Field(() => Date, { nullable: true, description: 'When it could change by itself; null where that is not known.' })
  validUntil!: Date | null;
  @Field(() => DecisionReason)
  reason!: DecisionReasonName;
  @Field(() => String, { description: 'One sentence for a person.' })
  explanation!: string;
}

/** A decision as callers see it. */
export function toDecision(catalogue: CatalogueInUse, decided: Decided): Decision {
  const { id, placement, shown, content, score, reason, explanation, validUntilMs } = decided;
  return {
    id,
    placement: placementIn(catalogue, placement.id, placement.placement),
    offer: shown ? shownOffer(catalogue, shown) : null,
    content: content ?? null,
    contentType: placement.placement.contentType,
    score: score ?? null,
    validUntil: validUntilMs === undefined ? null : new Date(validUntilMs),
    reason,
    explanation,
  };
}

/** The offer or fallback offer that is shown. */
export function shownOffer(catalogue: CatalogueInUse, { kind, id }: NonNullable<Decided['shown']>): Offer | null {
  if (kind === 'offer') {
    const offer = catalogue.definitions.offers.get(id);
    return offer ? toOffer({ id, version: catalogue.versionOf('offer', id), value: offer }) : null;
  }
  const fallback = catalogue.definitions.fallbackOffers.get(id);
  return fallback ? toFallbackOffer({ id, version: catalogue.versionOf('fallbackOffer', id), value: fallback }) : null;
}

/** A placement of the catalogue as callers see it. */
export function placementIn(
  catalogue: CatalogueInUse,
  id: string,
  value: Parameters<typeof toPlacement>[0]['value'],
): Placement {
  return toPlacement({ id, version: catalogue.versionOf('placement', id), value });
}
