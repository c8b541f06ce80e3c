import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { ConsentStatus as ConsentStatusName } from '../domain/item';
import { IngestResult } from './ingest.type';
import { Profile } from './profile.type';
import { ConsentStatus } from './profile-enums';

type Fields = Readonly<Record<string, unknown>>;

@InputType({ description: 'What the person agrees to, or not.' })
export class ConsentInput {
  @Field(() => String, { description: 'For example `collect`, `personalize` or `marketing.email`.' })
  purpose!: string;
  @Field(() => ConsentStatus)
  status!: ConsentStatusName;
}

@InputType({ description: 'What a page saw.' })
export class CollectInput {
  @Field(() => ID, { nullable: true, description: 'Sent again with the same id: the same answer, counted once.' })
  requestId?: string | null;
  @Field(() => ID, { nullable: true, defaultValue: 'web', description: 'Where the events belong.' })
  dataset?: string | null;
  @Field(() => ID, { nullable: true, defaultValue: 'crm', description: 'Where the records belong.' })
  recordDataset?: string | null;
  @Field(() => JsonObjectScalar, {
    nullable: true,
    description:
      'Namespace → list of { id, authenticatedState, primary, proof }; holds for every item. Absent on a first visit. `FPID` stands for the ECID that follows from it.',
  })
  identityMap?: Fields | null;
  @Field(() => [JsonObjectScalar], { defaultValue: [], description: '{ _id, timestamp, eventType, … }' })
  events!: readonly Fields[];
  @Field(() => [JsonObjectScalar], { defaultValue: [], description: 'Not with a public key.' })
  records!: readonly Fields[];
  @Field(() => JsonObjectScalar, { nullable: true, description: 'Facts of the request, for rules under `context`.' })
  context?: Fields | null;
  @Field(() => [ConsentInput], { nullable: true, description: 'Noted before the events are looked at.' })
  consents?: readonly ConsentInput[] | null;
}

@ObjectType({ description: 'What came of it.' })
export class CollectPayload {
  @Field(() => [IngestResult], { description: 'Events, then records, in the order given.' })
  results!: readonly IngestResult[];
  @Field(() => String, { nullable: true, description: 'Set when this request was given one: keep it and send it.' })
  ecid!: string | null;
  @Field(() => Profile, { nullable: true, description: 'The person, these items included.' })
  profile!: Profile | null;
}
