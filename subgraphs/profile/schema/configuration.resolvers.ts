import { createConfigurationResolver, overInputs } from '../../../platform/graphql/configuration-resolver';
import type { ComputedAttribute as ComputedAttributeDefinition } from '../domain/computed/computed-attribute';
import { parseComputedAttribute } from '../domain/computed/parse-computed-attribute';
import type { Dataset as DatasetDefinition } from '../domain/dataset';
import type { MergePolicy as MergePolicyDefinition } from '../domain/merge-policy';
import type { Namespace as NamespaceDefinition } from '../domain/namespace';
import type { DefinitionUseCases } from '../use-cases/save-definition';
import { ComputedAttributeConfigurationResolver } from './computed-attribute.resolver';
import { toComputedAttribute } from './computed-attribute.type';
import {
  Dataset,
  DatasetInput,
  MergePolicy,
  MergePolicyInput,
  Namespace,
  NamespaceInput,
  toDataset,
  toDatasetDefinition,
  toMergePolicy,
  toMergePolicyDefinition,
  toNamespace,
  toNamespaceDefinition,
} from './configuration.type';

const DatasetResolver = createConfigurationResolver<Dataset, DatasetInput, DatasetDefinition>({
  name: 'Dataset',
  plural: 'datasets',
  type: () => Dataset,
  input: () => DatasetInput,
});
const NamespaceResolver = createConfigurationResolver<Namespace, NamespaceInput, NamespaceDefinition>({
  name: 'Namespace',
  plural: 'namespaces',
  type: () => Namespace,
  input: () => NamespaceInput,
});
const MergePolicyResolver = createConfigurationResolver<MergePolicy, MergePolicyInput, MergePolicyDefinition>({
  name: 'MergePolicy',
  plural: 'mergePolicies',
  type: () => MergePolicy,
  input: () => MergePolicyInput,
});

/** The verbs behind each kind of configuration. */
export interface ConfigurationVerbs {
  readonly datasets: DefinitionUseCases<DatasetDefinition>;
  readonly namespaces: DefinitionUseCases<NamespaceDefinition>;
  readonly policies: DefinitionUseCases<MergePolicyDefinition>;
  readonly computedAttributes: DefinitionUseCases<ComputedAttributeDefinition>;
}

/** Get, list, put and delete of every kind of configuration. */
export function createConfigurationResolvers(verbs: ConfigurationVerbs): readonly object[] {
  return [
    new DatasetResolver(overInputs(verbs.datasets, toDatasetDefinition), toDataset),
    new NamespaceResolver(
      overInputs<NamespaceInput, NamespaceDefinition>(verbs.namespaces, toNamespaceDefinition),
      toNamespace,
    ),
    new MergePolicyResolver(overInputs(verbs.policies, toMergePolicyDefinition), toMergePolicy),
    new ComputedAttributeConfigurationResolver(
      overInputs(verbs.computedAttributes, parseComputedAttribute),
      toComputedAttribute,
    ),
  ];
}
