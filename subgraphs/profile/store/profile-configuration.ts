import { createHash } from 'node:crypto';
import {
  type Configuration,
  createConfigurations,
  type LoadedConfiguration,
} from '../../../platform/store/configuration';
import type { Store, Stored, Write } from '../../../platform/store/store';
import type { BatchMove } from '../domain/batch';
import { compileSchema } from '../domain/compile-schema';
import type { ComputedInUse } from '../domain/compute';
import type { ComputedAttribute } from '../domain/computed/computed-attribute';
import { createComputedEngine } from '../domain/computed/computed-engine';
import { compileEventFilter, parseEventFilter } from '../domain/computed/event-filter';
import { type Dataset, STANDARD_DATASETS } from '../domain/dataset';
import type { DeviceGraph, DeviceGraphInUse } from '../domain/device-graph';
import { datasetOf } from '../domain/item';
import { DEFAULT_POLICY, type MergePolicy, type PolicyInUse } from '../domain/merge-policy';
import { type Namespace, type Namespaces, STANDARD_NAMESPACES } from '../domain/namespace';
import type { DatasetInUse } from '../domain/parse-item';
import { configurationSpec } from './collections';

/** All configuration of a sandbox at one generation, ready for use. */
export interface ProfileSettings {
  readonly namespaces: Namespaces;
  /** Codes that were deleted once: items that are kept may name them. */
  readonly formerNamespaces: ReadonlySet<string>;
  readonly datasets: ReadonlyMap<string, DatasetInUse>;
  readonly policies: ReadonlyMap<string, PolicyInUse>;
  readonly defaultPolicy: PolicyInUse;
  readonly deviceGraphs: ReadonlyMap<string, DeviceGraphInUse>;
  readonly computed: readonly ComputedInUse[];
  /** The batches of which a reader must see to it that who is read has them, or has them no more. Mostly none. */
  readonly moves: readonly BatchMove[];
  /** True when data with this key, `dataset|id`, may show on profiles. */
  readonly isShown: (key: string) => boolean;
}

/** The configuration of the profile subgraph by kind; what ships ready is in it, at version 0. */
export interface ProfileConfiguration {
  readonly datasets: Configuration<Dataset>;
  readonly namespaces: Configuration<Namespace>;
  readonly policies: Configuration<MergePolicy>;
  readonly computedAttributes: Configuration<ComputedAttribute>;
  readonly deviceGraphs: Configuration<DeviceGraph>;
  /** By batch. It stands here so that all see one instant at which a batch is seen, whichever process they ask. */
  readonly moves: Configuration<Omit<BatchMove, 'batch'>>;
  /** As of now; compiled once per change. */
  settings(sandbox: string): Promise<ProfileSettings>;
}

/** How attributes are computed. */
export interface ComputeOptions {
  /** The IANA zone of months, years and dates. */
  readonly timeZone: string;
  /** How many events of a window are told apart. */
  readonly maxRows: number;
}

/** Over the profile subgraph's configuration collection. */
export function createProfileConfiguration(store: Store, options: ComputeOptions): ProfileConfiguration {
  const configurations = createConfigurations(store, 'profile');
  return {
    datasets: withStandard(configurations<Dataset>('dataset'), STANDARD_DATASETS),
    namespaces: withStandard(configurations<Namespace>('namespace'), STANDARD_NAMESPACES),
    policies: configurations<MergePolicy>('mergePolicy'),
    computedAttributes: configurations<ComputedAttribute>('computedAttribute'),
    deviceGraphs: configurations<DeviceGraph>('deviceGraph'),
    moves: configurations<Omit<BatchMove, 'batch'>>('batchMove'),
    settings: configurations.compiled((loaded) => compile(loaded, options)),
  };
}

/** Writes a merge policy beside another change of configuration. */
export function policyWrite({ id, version, value }: Stored<MergePolicy>): Write {
  const document = { kind: 'mergePolicy', definition: value };
  return {
    kind: 'put',
    collection: configurationSpec.name,
    id: `mergePolicy|${id}`,
    value: document,
    expected: version,
  };
}

/** Notes that a namespace was deleted, beside its deletion. */
export function formerNamespaceWrite(id: string): Write {
  const value = { kind: FORMER_NAMESPACE, definition: {} };
  return { kind: 'put', collection: configurationSpec.name, id: `${FORMER_NAMESPACE}|${id}`, value };
}

const FORMER_NAMESPACE = 'formerNamespace';

function withStandard<T extends object>(
  configuration: Configuration<T>,
  standard: ReadonlyMap<string, T>,
): Configuration<T> {
  const shipped = [...standard].map(([id, value]): [string, Stored<T>] => [id, { id, version: 0, value }]);
  return {
    ...configuration,
    all: async (sandbox) => new Map([...shipped, ...(await configuration.all(sandbox))]),
  };
}

function compile({ kinds }: LoadedConfiguration, options: ComputeOptions): ProfileSettings {
  const of = <T>(kind: string): ReadonlyMap<string, T> =>
    new Map([...(kinds.get(kind) ?? [])].map(([id, stored]) => [id, stored.value as T]));
  const datasets = new Map(
    [...STANDARD_DATASETS, ...of<Dataset>('dataset')].map(([id, each]) => [id, toUse(id, each)]),
  );
  const policies = new Map([...of<MergePolicy>('mergePolicy')].map(([id, policy]) => [id, { ...policy, id }]));
  return {
    namespaces: new Map([...STANDARD_NAMESPACES, ...of<Namespace>('namespace')]),
    formerNamespaces: new Set(of(FORMER_NAMESPACE).keys()),
    datasets,
    policies,
    defaultPolicy: [...policies.values()].find((policy) => policy.default) ?? DEFAULT_POLICY,
    deviceGraphs: new Map([...of<DeviceGraph>('deviceGraph')].map(([id, graph]) => [id, { ...graph, id }])),
    computed: [...of<ComputedAttribute>('computedAttribute').values()].map((each) => toComputed(each, options)),
    moves: [...of<Omit<BatchMove, 'batch'>>('batchMove')].map(([batch, { shown }]) => ({ batch, shown })),
    isShown: (key) => datasets.get(datasetOf(key))?.profileEnabled ?? false,
  };
}

// What is kept for an attribute is made anew when its definition changes.
function toComputed(definition: ComputedAttribute, options: ComputeOptions): ComputedInUse {
  const { filter, id } = definition;
  const { timeZone, maxRows } = options;
  const matches = filter === undefined ? {} : { matches: compileEventFilter(parseEventFilter(filter), timeZone) };
  const text = JSON.stringify([definition, timeZone]);
  return {
    id,
    definition,
    fingerprint: createHash('sha256').update(text).digest('base64url').slice(0, 11),
    engine: createComputedEngine(definition, { timeZone, maxRows, ...matches }),
  };
}

function toUse(id: string, dataset: Dataset): DatasetInUse {
  return { ...dataset, id, ...(dataset.schema ? { findFault: compileSchema(dataset.schema) } : {}) };
}
