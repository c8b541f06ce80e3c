import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type {
  ComputedAttribute as ComputedAttributeDefinition,
  ComputedFunction as ComputedFunctionName,
} from '../domain/computed/computed-attribute';
import { ComputedFunction } from './profile-enums';

type Weights = Readonly<Record<string, number>>;

const TEXTS = {
  filter: 'PQL over one event; absent: every event.',
  value: "A path in the event; for AFFINITY the topic's.",
  window: 'ISO 8601 duration; absent: all kept events.',
  weights: 'AFFINITY: eventType → weight; 1 for others.',
  halfLife: 'AFFINITY: ISO 8601 duration; absent: nothing fades.',
} as const;

@ObjectType({ description: "What is computed from a person's events (P-15)." })
export class ComputedAttribute {
  @Field(() => ID, { description: 'Its path under computedAttributes.' })
  id!: string;
  @Field(() => ComputedFunction)
  function!: ComputedFunctionName;
  @Field(() => String, { nullable: true, description: TEXTS.filter })
  filter!: string | null;
  @Field(() => String, { nullable: true, description: TEXTS.value })
  value!: string | null;
  @Field(() => String, { nullable: true, description: TEXTS.window })
  window!: string | null;
  @Field(() => JsonObjectScalar, { nullable: true, description: TEXTS.weights })
  weights!: Weights | null;
  @Field(() => String, { nullable: true, description: TEXTS.halfLife })
  halfLife!: string | null;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

@InputType()
export class ComputedAttributeInput {
  @Field(() => ID, { description: 'Its path under computedAttributes.' })
  id!: string;
  @Field(() => ComputedFunction)
  function!: ComputedFunctionName;
  @Field(() => String, { nullable: true, description: TEXTS.filter })
  filter?: string | null;
  @Field(() => String, { nullable: true, description: TEXTS.value })
  value?: string | null;
  @Field(() => String, { nullable: true, description: TEXTS.window })
  window?: string | null;
  @Field(() => JsonObjectScalar, { nullable: true, description: TEXTS.weights })
  weights?: Weights | null;
  @Field(() => String, { nullable: true, description: TEXTS.halfLife })
  halfLife?: string | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** A computed attribute as callers see it. */
export function toComputedAttribute({
  id,
  version,
  value: definition,
}: Stored<ComputedAttributeDefinition>): ComputedAttribute {
  const { filter = null, value = null, window = null, weights = null, halfLife = null } = definition;
  return { id, version, function: definition.function, filter, value, window, weights, halfLife };
}
