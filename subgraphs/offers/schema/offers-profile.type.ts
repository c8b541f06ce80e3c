import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { DecisionFacts } from '../domain/subject';

/** The person, as far as decisions know one: the profile and segments subgraphs bring what is external. */
@Directive('@key(fields: "id revision")')
@ObjectType('Profile')
export class OffersProfile {
  @Field(() => ID)
  id!: string;
  @Field(() => Int)
  revision!: number;
  @Directive('@external')
  @Field(() => JsonObjectScalar, { nullable: true })
  decisionFacts?: DecisionFacts | null;
  @Directive('@external')
  @Field(() => [ID], { nullable: true })
  realizedSegmentIds?: readonly string[] | null;
}
