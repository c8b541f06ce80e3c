import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';

/** A segment, by its id: the segments subgraph knows the rest. */
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Segment')
export class DestinationsSegment {
  @Field(() => ID)
  id!: string;
}

/** A person, by id: the profile subgraph knows the rest. */
@Directive('@key(fields: "id revision")')
@ObjectType('Profile')
export class DestinationsProfile {
  @Field(() => ID)
  id!: string;
  @Field(() => Int)
  revision!: number;
}
