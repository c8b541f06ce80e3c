import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type { Dataset as DatasetDefinition, DatasetKind as DatasetKindName } from '../domain/dataset';
import type { MergePolicy as MergePolicyDefinition } from '../domain/merge-policy';
import type {
  Namespace as NamespaceDefinition,
  NamespaceType as NamespaceTypeName,
  Normalization as NormalizationName,
} from '../domain/namespace';
import { AttributeMerge, DatasetKind, IdentityGraphKind, NamespaceType, Normalization } from './profile-enums';

type Fields = Readonly<Record<string, unknown>>;

const VERSION = 'Grows by one with every change; give it as `expectedVersion`. 0: as it ships.';

@ObjectType({ description: 'Labels on a field; without a path, on the whole dataset.' })
export class FieldLabels {
  @Field(() => String, { nullable: true })
  path!: string | null;
  @Field(() => [String])
  labels!: readonly string[];
}

@ObjectType({ description: 'A field of a plain row that holds an identity.' })
export class IdentityField {
  @Field(() => String)
  path!: string;
  @Field(() => ID)
  namespace!: string;
  @Field(() => Boolean)
  primary!: boolean;
}

@ObjectType({ description: 'Where items belong, and what holds for them (P-2).' })
export class Dataset {
  @Field(() => ID)
  id!: string;
  @Field(() => DatasetKind)
  kind!: DatasetKindName;
  @Field(() => JsonObjectScalar, { nullable: true })
  schema!: Fields | null;
  @Field(() => Boolean)
  profileEnabled!: boolean;
  @Field(() => [FieldLabels])
  labels!: readonly FieldLabels[];
  @Field(() => Int, { nullable: true })
  retainEventsDays!: number | null;
  @Field(() => [IdentityField])
  identities!: readonly IdentityField[];
  @Field(() => Boolean)
  public!: boolean;
  @Field(() => Int, { description: VERSION })
  version!: number;
}

@InputType()
export class FieldLabelsInput {
  @Field(() => String, { nullable: true, description: 'Absent: the whole dataset.' })
  path?: string | null;
  @Field(() => [String])
  labels!: readonly string[];
}

@InputType()
export class IdentityFieldInput {
  @Field(() => String, { description: 'Names with dots between them: `personalEmail.address`.' })
  path!: string;
  @Field(() => ID)
  namespace!: string;
  @Field(() => Boolean, { nullable: true, defaultValue: false })
  primary?: boolean | null;
}

@InputType()
export class DatasetInput {
  @Field(() => ID)
  id!: string;
  @Field(() => DatasetKind)
  kind!: DatasetKindName;
  @Field(() => JsonObjectScalar, { nullable: true, description: 'A JSON Schema that every item must meet.' })
  schema?: Fields | null;
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'False: its data never shows on a profile.',
  })
  profileEnabled?: boolean | null;
  @Field(() => [FieldLabelsInput], { nullable: true })
  labels?: readonly FieldLabelsInput[] | null;
  @Field(() => Int, { nullable: true, description: 'How long events are kept; absent: for ever.' })
  retainEventsDays?: number | null;
  @Field(() => [IdentityFieldInput], { nullable: true, description: 'So that plain rows need no identityMap.' })
  identities?: readonly IdentityFieldInput[] | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'True: public keys may write to it.' })
  public?: boolean | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

@ObjectType({ description: 'A kind of identity (P-8).' })
export class Namespace {
  @Field(() => ID)
  id!: string;
  @Field(() => NamespaceType)
  type!: NamespaceTypeName;
  @Field(() => Int)
  priority!: number;
  @Field(() => Boolean)
  unique!: boolean;
  @Field(() => Normalization)
  normalization!: NormalizationName;
  @Field(() => Int, { description: VERSION })
  version!: number;
}

@InputType()
export class NamespaceInput {
  @Field(() => ID, { description: 'The code; case-sensitive.' })
  id!: string;
  @Field(() => NamespaceType)
  type!: NamespaceTypeName;
  @Field(() => Int, { description: '1 is best.' })
  priority!: number;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'True: at most one value per person.' })
  unique?: boolean | null;
  @Field(() => Normalization, { nullable: true, defaultValue: 'NONE' })
  normalization?: NormalizationName | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

@ObjectType({ description: 'How the view of a person is made (P-13).' })
export class MergePolicy {
  @Field(() => ID)
  id!: string;
  @Field(() => IdentityGraphKind)
  identityGraph!: MergePolicyDefinition['identityGraph'];
  @Field(() => AttributeMerge)
  attributes!: MergePolicyDefinition['attributes'];
  @Field(() => [ID])
  datasetPrecedence!: readonly string[];
  @Field(() => ID, { nullable: true })
  deviceGraph!: string | null;
  @Field(() => Boolean)
  default!: boolean;
  @Field(() => Int, { description: VERSION })
  version!: number;
}

@InputType()
export class MergePolicyInput {
  @Field(() => ID)
  id!: string;
  @Field(() => IdentityGraphKind, { nullable: true, defaultValue: 'STITCHED' })
  identityGraph?: MergePolicyDefinition['identityGraph'] | null;
  @Field(() => AttributeMerge, { nullable: true, defaultValue: 'TIMESTAMP' })
  attributes?: MergePolicyDefinition['attributes'] | null;
  @Field(() => [ID], { nullable: true, description: 'The best first; datasets that are not on it are left out.' })
  datasetPrecedence?: readonly string[] | null;
  @Field(() => ID, { nullable: true })
  deviceGraph?: string | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false })
  default?: boolean | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

/** The dataset that was meant. */
export function toDatasetDefinition(input: DatasetInput): DatasetDefinition {
  return {
    kind: input.kind,
    profileEnabled: input.profileEnabled ?? true,
    labels: (input.labels ?? []).map(({ path, labels }) => ({ labels, ...(path ? { path } : {}) })),
    identities: (input.identities ?? []).map(({ path, namespace, primary }) => ({
      path,
      namespace,
      primary: primary ?? false,
    })),
    public: input.public ?? false,
    ...(input.schema ? { schema: input.schema } : {}),
    ...(input.retainEventsDays == null ? {} : { retainEventsDays: input.retainEventsDays }),
  };
}

/** A dataset as callers see it. */
export function toDataset({ id, version, value }: Stored<DatasetDefinition>): Dataset {
  const { schema = null, retainEventsDays = null, labels, ...rest } = value;
  const shown = labels.map((each) => ({ path: each.path ?? null, labels: each.labels }));
  return { ...rest, id, version, schema, retainEventsDays, labels: shown };
}

/** The namespace that was meant. */
export function toNamespaceDefinition(input: Omit<NamespaceInput, 'id'>): NamespaceDefinition {
  const { type, priority, unique, normalization } = input;
  return { type, priority, unique: unique ?? false, normalization: normalization ?? 'NONE' };
}

/** A namespace as callers see it. */
export function toNamespace({ id, version, value }: Stored<NamespaceDefinition>): Namespace {
  return { id, version, ...value };
}

/** The merge policy that was meant. */
export function toMergePolicyDefinition(input: MergePolicyInput): MergePolicyDefinition {
  return {
    identityGraph: input.identityGraph ?? 'STITCHED',
    attributes: input.attributes ?? 'TIMESTAMP',
    datasetPrecedence: input.datasetPrecedence ?? [],
    default: input.default ?? false,
    ...(input.deviceGraph ? { deviceGraph: input.deviceGraph } : {}),
  };
}

/** A merge policy as callers see it. */
export function toMergePolicy({ id, version, value }: Stored<MergePolicyDefinition>): MergePolicy {
  return { id, version, ...value, deviceGraph: value.deviceGraph ?? null };
}
