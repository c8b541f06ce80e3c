import { Directive, Field, Int, ObjectType } from 'type-graphql';

/** How far work in the background has come. */
@Directive('@shareable')
@ObjectType({ description: 'How far work in the background has come.' })
export class Progress {
  @Field(() => Int)
  done!: number;
  @Field(() => Int, { description: 'As far as is known; may grow while work is under way.' })
  total!: number;
  @Field(() => Date, { nullable: true, description: 'Null while it is under way.' })
  finishedAt!: Date | null;
}
