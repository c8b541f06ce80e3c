import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Stored } from '../../../platform/store/store';
import type { DecisionPolicy as PolicyDefinition } from '../domain/definitions';

@ObjectType({ description: 'How the offer for a placement is chosen.' })
export class DecisionPolicy {
  @Field(() => ID)
  id!: string;
  @Field(() => ID, { description: 'The id of the placement.' })
  placement!: string;
  @Field(() => ID, { description: 'The id of the offer that is shown when none fits.' })
  fallback!: string;
  @Field(() => Date, { nullable: true, description: 'Does not apply before this instant.' })
  start!: Date | null;
  @Field(() => Date, { nullable: true, description: 'Does not apply from this instant on.' })
  end!: Date | null;
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

/** A decision policy as callers see it. */
export function toDecisionPolicy({ id, version, value }: Stored<PolicyDefinition>): DecisionPolicy {
  const { placement, fallback, startMs, endMs, enabled } = value;
  return {
    id,
    version,
    placement,
    fallback,
    enabled,
    start: startMs === undefined ? null : new Date(startMs),
    end: endMs === undefined ? null : new Date(endMs),
  };
}
