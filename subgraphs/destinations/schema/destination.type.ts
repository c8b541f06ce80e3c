import { Field, ID, Int, ObjectType } from 'type-graphql';
import { MembershipStatus } from '../../../platform/graphql/membership-status';
import { Progress } from '../../../platform/graphql/progress.type';
import type { Stored } from '../../../platform/store/store';
import type { Destination as DestinationDefinition } from '../domain/destination';
import { DestinationsSegment } from './stubs.type';

@ObjectType({ description: 'A segment that is sent to a destination.' })
export class Activation {
  @Field(() => DestinationsSegment, { nullable: true })
  segment!: DestinationsSegment | null;
  @Field(() => Date)
  since!: Date;
  @Field(() => Progress, { nullable: true, description: 'Of telling who was in it already; null when that is done.' })
  backfill!: Progress | null;
}

@ObjectType({ description: 'A place outside that segments are sent to. Its settings are never answered back.' })
export class Destination {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  connector!: string;
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

@ObjectType({ description: 'What one destination was told about a person and a segment.' })
export class ProfileActivation {
  @Field(() => Destination)
  destination!: Destination;
  @Field(() => DestinationsSegment, { nullable: true })
  segment!: DestinationsSegment | null;
  @Field(() => MembershipStatus)
  status!: MembershipStatus;
  @Field(() => Date, { nullable: true, description: 'When the destination took it; null while it waits.' })
  sentAt!: Date | null;
}

@ObjectType({ description: 'What came of an activation or its end.' })
export class ActivationPayload {
  @Field(() => Destination)
  destination!: Destination;
  @Field(() => Activation, { nullable: true, description: 'Null after it has ended.' })
  activation!: Activation | null;
}

/** A destination as callers see it: without its settings. */
export function toDestination({ id, version, value }: Stored<DestinationDefinition>): Destination {
  const { name, connector, enabled } = value;
  return { id, version, name, connector, enabled };
}
