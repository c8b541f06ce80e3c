import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import { createConnectionType } from '../../../platform/graphql/connections';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';

/** What the profile subgraph says of a person for rules that read the request. */
export interface RequestFacts {
  readonly attributes?: Readonly<Record<string, unknown>> | null;
  readonly computedAttributes?: Readonly<Record<string, unknown>> | null;
  readonly context?: Readonly<Record<string, unknown>> | null;
}

/** The person, as far as segments know one. */
@Directive('@key(fields: "id revision")')
@ObjectType('Profile')
export class SegmentsProfile {
  @Field(() => ID)
  id!: string;
  @Field(() => Int)
  revision!: number;
  @Directive('@external')
  @Field(() => JsonObjectScalar, { nullable: true })
  decisionFacts?: RequestFacts | null;
}

export const ProfileConnection = createConnectionType<SegmentsProfile>('Profile', () => SegmentsProfile);
