import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { IngestAnswer } from '../../../flow/ports';
import { createConnectionType } from '../../../platform/graphql/connections';
import { JsonObjectScalar, JsonScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type { FailedItem as FailedItemDefinition } from '../domain/failed-item';
import { Profile } from './profile.type';
import { IngestStatus } from './profile-enums';

@ObjectType({ description: 'How it ended for one item.' })
export class IngestResult {
  @Field(() => ID, { nullable: true, description: "The item's own id." })
  id!: string | null;
  @Field(() => IngestStatus)
  status!: IngestAnswer['status'];
  @Field(() => String, { nullable: true, description: 'Why it was refused, for programs.' })
  code!: string | null;
  @Field(() => String, { nullable: true, description: 'Where in the item the fault is; empty: the item as a whole.' })
  path!: string | null;
  @Field(() => String, { nullable: true })
  message!: string | null;
  @Field(() => Profile, { nullable: true, description: 'Whose it is, this item included.' })
  profile!: Profile | null;
}

@ObjectType({ description: 'How it ended for each item, in the order given.' })
export class IngestPayload {
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int)
  duplicates!: number;
  @Field(() => Int)
  rejected!: number;
  @Field(() => [IngestResult])
  results!: readonly IngestResult[];
}

@ObjectType({ description: 'An item that was refused, kept to be mended and sent again.' })
export class FailedItem {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  dataset!: string;
  @Field(() => ID, { nullable: true, description: 'The batch that it was sent for; replayed, it goes into it.' })
  batch!: string | null;
  @Field(() => String, { nullable: true, description: "The item's own id, where it has one." })
  itemId!: string | null;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  path!: string;
  @Field(() => String)
  message!: string;
  @Field(() => Date)
  at!: Date;
  @Field(() => JsonScalar, { nullable: true, description: 'As it came; null when it was too large to keep.' })
  body!: unknown;
}
export const FailedItemConnection = createConnectionType<FailedItem>('FailedItem', () => FailedItem);

@InputType({ description: 'A failed item to try again.' })
export class FailedItemReplayInput {
  @Field(() => ID)
  id!: string;
  @Field(() => JsonObjectScalar, { nullable: true, description: 'The mended item; absent: as it came.' })
  body?: Readonly<Record<string, unknown>> | null;
}

/** A failed item as callers see it. */
export function toFailedItem({ id, value }: Stored<FailedItemDefinition>): FailedItem {
  const { dataset, batch = null, itemId = null, code, path, message, atMs, body = null } = value;
  return { id, dataset, batch, itemId, code, path, message, at: new Date(atMs), body };
}

/** The answers as callers see them, each with the person it went to. */
export function toIngestPayload(
  answers: readonly IngestAnswer[],
  profileOf: (id: string) => Profile | null,
): IngestPayload {
  const results = toIngestResults(answers, profileOf);
  const count = (status: IngestAnswer['status']): number => results.filter((each) => each.status === status).length;
  return {
    accepted: count('ACCEPTED'),
    duplicates: count('DUPLICATE'),
    rejected: count('REJECTED'),
    results,
  };
}

/** The answers as callers see them. */
export function toIngestResults(
  answers: readonly IngestAnswer[],
  profileOf: (id: string) => Profile | null,
): readonly IngestResult[] {
  return answers.map(({ id = null, status, code = null, path = null, message = null, profileId }) => ({
    id,
    status,
    code,
    path,
    message,
    profile: profileId === undefined ? null : profileOf(profileId),
  }));
}
