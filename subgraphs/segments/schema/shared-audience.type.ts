import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Stored } from '../../../platform/store/store';
import { type AudienceSource as AudienceSourceDefinition, DEFAULT_QUOTA } from '../domain/sharing';
import type { SharedAudience as SharedAudienceDefinition } from '../use-cases/share-audience';
import { Segment, toSegment } from './segment.type';

@InputType({ description: 'Who shares audiences with others.' })
export class AudienceSourceInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Int, { nullable: true, defaultValue: DEFAULT_QUOTA, description: 'How many it may share at once.' })
  quota?: number | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'True: as many as it likes.' })
  unlimited?: boolean | null;
  @Field(() => Int, {
    nullable: true,
    description: 'CONFLICT unless this is the current version; 0: there must be none.',
  })
  expectedVersion?: number | null;
}

@ObjectType({ description: 'Who shares audiences with others.' })
export class AudienceSource {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Int, { nullable: true, description: 'How many it may share at once; null: as many as it likes.' })
  quota!: number | null;
  @Field(() => Boolean)
  unlimited!: boolean;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

@ObjectType({ description: 'An audience that a source shares with others.' })
export class SharedAudience {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  source!: string;
  @Field(() => Segment)
  segment!: Segment;
  @Field(() => Date)
  sharedAt!: Date;
  @Field(() => Int, { description: 'How many audiences the source shares now.' })
  shared!: number;
  @Field(() => Int, { nullable: true, description: 'How many it may share; null: as many as it likes.' })
  quota!: number | null;
}

/** The source that was meant. */
export function toSourceDefinition({ name, quota, unlimited }: AudienceSourceInput): AudienceSourceDefinition {
  return { name, quota: unlimited ? null : (quota ?? DEFAULT_QUOTA) };
}

/** A source as callers see it. */
export function toAudienceSource({ id, version, value }: Stored<AudienceSourceDefinition>): AudienceSource {
  const { name, quota } = value;
  return { id, version, name, quota, unlimited: quota === null };
}

/** A shared audience as callers see it. */
export function toSharedAudience({ source, audience, sharedMs, ...rest }: SharedAudienceDefinition): SharedAudience {
  const segment = toSegment(audience.id, audience.value);
  return { id: `${source}|${audience.id}`, source, segment, sharedAt: new Date(sharedMs), ...rest };
}
