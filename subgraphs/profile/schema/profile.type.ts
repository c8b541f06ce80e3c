import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import { createConnectionType } from '../../../platform/graphql/connections';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { LinkRefusal } from '../domain/device-graph';
import type { Person } from '../domain/head';
import type { IdentityChangeCause as IdentityChangeCauseName } from '../domain/history';
import type { AuthenticatedState as AuthenticatedStateName } from '../domain/identity';
import type { ConsentStatus as ConsentStatusName } from '../domain/item';
import type { PolicyInUse } from '../domain/merge-policy';
import { AuthenticatedState, ConsentStatus, IdentityChangeCause } from './profile-enums';

type Fields = Readonly<Record<string, unknown>>;

@Directive('@key(fields: "id revision")')
@ObjectType({ description: 'One person: everything known under any of their identities.' })
export class Profile {
  @Field(() => ID, { description: "Stable; after a merge, the older one's. The other id finds the person too." })
  id!: string;
  @Field(() => Int, { description: 'Grows with every change.' })
  revision!: number;

  /** Who it is; not a field of the graph. */
  person!: Person;
  /** The merge policy that was asked for; absent: the default one. */
  policy?: PolicyInUse;
  /** What the request said about itself, for rules under `context`. */
  context?: Fields;
  /** The request that a decision belongs to, where the caller named it. */
  requestId?: string;
}

@ObjectType({ description: "A person's name in one namespace." })
export class Identity {
  @Field(() => ID)
  namespace!: string;
  @Field(() => String)
  value!: string;
  @Field(() => AuthenticatedState)
  authenticatedState!: AuthenticatedStateName;
  @Field(() => Date)
  firstSeen!: Date;
  @Field(() => Date)
  lastSeen!: Date;
}

@ObjectType({ description: 'That two identities were seen together, and where.' })
export class IdentityLink {
  @Field(() => Identity)
  from!: Identity;
  @Field(() => Identity)
  to!: Identity;
  @Field(() => ID, { description: 'Or the device graph that it is of.' })
  dataset!: string;
  @Field(() => String, { description: 'The id of the item that showed it last, or of the import.' })
  item!: string;
  @Field(() => Date)
  at!: Date;
  @Field(() => String, { nullable: true, description: 'Who says so; set for a link of a device graph, its `dataset`.' })
  provider!: string | null;
  @Field(() => Date, { nullable: true, description: 'Until when it counts; set for a link of a device graph.' })
  validUntil!: Date | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Why it joins nobody: UNIQUE_NAMESPACE, as a person would have two values of one; LIMIT, as there would be too many identities. Null where it counts.',
  })
  notFollowed!: LinkRefusal | null;
}

@ObjectType({ description: 'One thing that a person did.' })
export class ProfileEvent {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  dataset!: string;
  @Field(() => Date)
  timestamp!: Date;
  @Field(() => String, { nullable: true })
  eventType!: string | null;
  @Field(() => JsonObjectScalar, { description: 'The event as sent.' })
  data!: Fields;
}
export const EventConnection = createConnectionType<ProfileEvent>('Event', () => ProfileEvent);

@ObjectType({ description: 'Where the value at a path came from.' })
export class AttributeSource {
  @Field(() => String)
  path!: string;
  @Field(() => ID)
  dataset!: string;
  @Field(() => String)
  item!: string;
  @Field(() => Date)
  at!: Date;
}

@ObjectType({ description: 'What a person agreed to for one purpose.' })
export class Consent {
  @Field(() => String)
  purpose!: string;
  @Field(() => ConsentStatus)
  status!: ConsentStatusName;
  @Field(() => Date)
  at!: Date;
  @Field(() => String)
  source!: string;
}

@ObjectType({ description: 'Something that happened to the identities of a profile.' })
export class IdentityChange {
  @Field(() => String, { description: 'MERGED, SPLIT, LINK_DROPPED, IDENTITY_DROPPED or CUT.' })
  kind!: string;
  @Field(() => Date)
  at!: Date;
  @Field(() => ID, { nullable: true, description: 'The other profile, where there is one.' })
  profileId!: string | null;
  @Field(() => [String], { description: 'The identities that came, went or were parted, as `namespace|value`.' })
  identities!: readonly string[];
  @Field(() => IdentityChangeCause)
  cause!: IdentityChangeCauseName;
  @Field(() => ID, { nullable: true, description: 'With ITEM: of the item that caused it.' })
  dataset!: string | null;
  @Field(() => String, { nullable: true, description: 'With ITEM: the item that caused it.' })
  item!: string | null;
  @Field(() => String, { nullable: true, description: 'With BATCH: its id. With CONFIGURATION: what changed.' })
  reference!: string | null;
}
export const IdentityChangeConnection = createConnectionType<IdentityChange>('IdentityChange', () => IdentityChange);
