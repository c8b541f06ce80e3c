import { Field, ID, Int, ObjectType } from 'type-graphql';
import { createConnectionType } from '../../../platform/graphql/connections';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type { Delivery as DeliveryDocument, DeliveryStatus as DeliveryStatusName } from '../domain/delivery';
import type { Ledger } from '../domain/ledger';
import { DeliveryStatus } from './destination-enums';
import { DestinationsSegment } from './stubs.type';

@ObjectType({ description: 'One message to a destination about one person: on its way, or how it ended.' })
export class Delivery {
  @Field(() => ID, { description: 'Also its idempotency key; after a replay followed by "." and how many there were.' })
  id!: string;
  @Field(() => DeliveryStatus)
  status!: DeliveryStatusName;
  @Field(() => String, { nullable: true, description: 'Why it was skipped, or why the last attempt failed.' })
  reason!: string | null;
  @Field(() => Int)
  attempts!: number;
  @Field(() => Date, { description: 'When it was last tried; before that, when it was taken in.' })
  at!: Date;
  @Field(() => ID, { nullable: true })
  profileId!: string | null;
  @Field(() => DestinationsSegment, { nullable: true })
  segment!: DestinationsSegment | null;
}

export const DeliveryConnection = createConnectionType('Delivery', () => Delivery);

@ObjectType({ description: 'Counts that add up at any instant: received = sent + skipped + failed + pending.' })
export class LedgerRow {
  @Field(() => DestinationsSegment, { nullable: true })
  segment!: DestinationsSegment | null;
  @Field(() => Int)
  received!: number;
  @Field(() => Int)
  sent!: number;
  @Field(() => Int)
  skipped!: number;
  @Field(() => Int)
  failed!: number;
  @Field(() => Int)
  pending!: number;
  @Field(() => JsonObjectScalar, { description: 'Why deliveries were skipped or failed, and how many.' })
  reasons!: Readonly<Record<string, number>>;
}

@ObjectType({ description: 'What came of a replay.' })
export class ReplayPayload {
  @Field(() => Int, { description: 'How many are sent again, saying what is so now.' })
  replayed!: number;
  @Field(() => Int, { description: 'How many have nothing to say any more; their reason says why.' })
  skipped!: number;
}

/** A delivery as callers see it. */
export function toDelivery({ id, value }: Stored<DeliveryDocument>): Delivery {
  const { status, reason, attempts, atMs, profileId, segment } = value;
  return { id, status, reason: reason ?? null, attempts, at: new Date(atMs), profileId, segment: { id: segment } };
}

/** A row of the ledger as callers see it. */
export function toLedgerRow({ segment, received, sent, skipped, failed, pending, reasons }: Ledger): LedgerRow {
  return {
    segment: { id: segment },
    received,
    sent,
    skipped,
    failed,
    pending,
    reasons: Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])),
  };
}
