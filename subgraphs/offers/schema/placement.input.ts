import { Field, ID, InputType, Int } from 'type-graphql';
import type { ContentType as ContentTypeName, Placement } from '../domain/definitions';
import { ContentType } from './offer-enums';

@InputType()
export class PlacementInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { nullable: true, defaultValue: 'web' })
  channel?: string | null;
  @Field(() => ContentType)
  contentType!: ContentTypeName;
  @Field(() => [String], { nullable: true, description: 'What showing something here amounts to, for labels.' })
  marketingActions?: readonly string[] | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** The placement that was meant. */
export function toPlacementDefinition({ name, channel, contentType, marketingActions }: PlacementInput): Placement {
  return { name, channel: channel ?? 'web', contentType, marketingActions: marketingActions ?? [] };
}
