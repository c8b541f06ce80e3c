import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Stored } from '../../../platform/store/store';
import type { Collection as CollectionDefinition } from '../domain/definitions';

@ObjectType({ description: 'Offers to choose from: those named, and all that carry at least one of the tags.' })
export class Collection {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => [ID], { description: 'The ids of the offers that are named.' })
  offers!: readonly string[];
  @Field(() => [String])
  tags!: readonly string[];
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

/** A collection as callers see it. */
export function toCollection({ id, version, value }: Stored<CollectionDefinition>): Collection {
  return { id, version, name: value.name, offers: value.offers, tags: value.tags };
}
