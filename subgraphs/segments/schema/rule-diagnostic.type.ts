import { Directive, Field, Int, ObjectType } from 'type-graphql';
import type { PqlDiagnostic } from '../../../platform/pql/parse';

@Directive('@shareable')
@ObjectType({ description: 'What is wrong, or doubtful, about a rule, and where.' })
export class RuleDiagnostic {
  @Field(() => String)
  message!: string;
  @Field(() => Int, { description: 'From 1 on.' })
  line!: number;
  @Field(() => Int, { description: 'From 1 on.' })
  column!: number;
  @Field(() => [String], { nullable: true, description: 'What could stand there instead.' })
  expected!: readonly string[] | null;
  @Field(() => String, { nullable: true, description: 'The nearest name that is known.' })
  suggestion!: string | null;
}

/** A diagnostic as callers see it. */
export function toRuleDiagnostic({ message, line, column, expected, suggestion }: PqlDiagnostic): RuleDiagnostic {
  return { message, line, column, expected: expected ?? null, suggestion: suggestion ?? null };
}
