import { Field, ID, InputType } from 'type-graphql';

/** A person's name in one namespace. */
@InputType({ description: "A person's name in one namespace, for example CRMID C-100." })
export class IdentityInput {
  @Field(() => ID, { description: 'The code of the namespace; case-sensitive.' })
  namespace!: string;
  @Field(() => String)
  value!: string;
}
