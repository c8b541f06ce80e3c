import { Field, ID, InputType, Int } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type {
  Destination,
  HashRule as HashRuleName,
  IdentityValues as IdentityValuesName,
} from '../domain/destination';
import { HashRule, IdentityValues } from './destination-enums';

@InputType({ description: 'One namespace that a destination knows people by.' })
export class DestinationIdentityInput {
  @Field(() => ID)
  namespace!: string;
  @Field(() => HashRule, { nullable: true, defaultValue: 'NONE' })
  hash?: HashRuleName | null;
  @Field(() => IdentityValues, { nullable: true, defaultValue: 'NEWEST' })
  values?: IdentityValuesName | null;
}

@InputType({ description: 'One field of the message.' })
export class MappingInput {
  @Field(() => String, { description: 'The field; dots nest: "person.email".' })
  to!: string;
  @Field(() => String, { description: 'A path, or a PQL expression over attributes and `computedAttributes`.' })
  from!: string;
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'True: who lacks it is skipped, with that reason.',
  })
  required?: boolean | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'Of files: one row per value.' })
  deduplicate?: boolean | null;
}

@InputType()
export class DestinationInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'The kind of outside system: "http-streaming".' })
  connector!: string;
  @Field(() => JsonObjectScalar, {
    description:
      'Of http-streaming: `url`, `secret` (signs), and, if wanted, `headers`, `timeoutMs`, `maxAttempts`. Never answered back.',
  })
  settings!: Readonly<Record<string, unknown>>;
  @Field(() => [DestinationIdentityInput], { description: 'In order of preference: the first that a profile has.' })
  identities!: readonly DestinationIdentityInput[];
  @Field(() => [MappingInput], { nullable: true })
  mapping?: readonly MappingInput[] | null;
  @Field(() => String, { nullable: true, description: 'Of files: a cron expression.' })
  schedule?: string | null;
  @Field(() => String, { nullable: true, defaultValue: 'UTC' })
  timeZone?: string | null;
  @Field(() => [String], { nullable: true, description: 'What sending data there amounts to, for labels.' })
  marketingActions?: readonly string[] | null;
  @Field(() => Boolean, { nullable: true, defaultValue: true })
  enabled?: boolean | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** The destination that was meant. */
export function toDestinationDefinition(input: DestinationInput): Destination {
  return {
    name: input.name,
    connector: input.connector,
    settings: input.settings,
    identities: input.identities.map(({ namespace, hash, values }) => ({
      namespace,
      hash: hash ?? 'NONE',
      values: values ?? 'NEWEST',
    })),
    mapping: (input.mapping ?? []).map(({ to, from, required, deduplicate }) => ({
      to,
      from,
      required: required ?? false,
      deduplicate: deduplicate ?? false,
    })),
    ...(input.schedule ? { schedule: input.schedule } : {}),
    timeZone: input.timeZone ?? 'UTC',
    marketingActions: input.marketingActions ?? [],
    enabled: input.enabled ?? true,
  };
}
