import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Stored } from '../../../platform/store/store';
import type { ContentType as ContentTypeName, Placement as PlacementDefinition } from '../domain/definitions';
import { ContentType } from './offer-enums';

@ObjectType({ description: 'A place on a page, in an e-mail or an app that shows an offer.' })
export class Placement {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'For example "web" or "email".' })
  channel!: string;
  @Field(() => ContentType)
  contentType!: ContentTypeName;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

/** A placement as callers see it. */
export function toPlacement({ id, version, value }: Stored<PlacementDefinition>): Placement {
  const { name, channel, contentType } = value;
  return { id, version, name, channel, contentType };
}
