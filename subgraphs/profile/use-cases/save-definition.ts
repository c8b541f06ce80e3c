import type { MergePolicyUsers } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Configuration, ConfigurationEffects } from '../../../platform/store/configuration';
import type { Stored, Write } from '../../../platform/store/store';
import { compileSchema } from '../domain/compile-schema';
import type { ComputedAttribute } from '../domain/computed/computed-attribute';
import { findClash } from '../domain/computed/computed-values';
import { parseEventFilter } from '../domain/computed/event-filter';
import type { Dataset } from '../domain/dataset';
import type { DeviceGraph } from '../domain/device-graph';
import type { MergePolicy } from '../domain/merge-policy';
import type { Namespace } from '../domain/namespace';
import { type Job, jobWrite, newJob } from '../store/job-store';
import {
  formerNamespaceWrite,
  type ProfileConfiguration,
  type ProfileSettings,
  policyWrite,
} from '../store/profile-configuration';
import { REBUILD_JOB, SWITCH_JOB, switchJobId } from './rebuild-people';
import { COMPUTE_JOB, computeJobId, MERGE_JOB, SEEN_ANEW_JOB } from './refresh-people';

/** The verbs over one kind of configuration. */
export interface DefinitionUseCases<T> {
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<T>>>;
  /** Fails with BAD_USER_INPUT when it is not sound, CONFLICT when `expectedVersion` is not the current one. */
  save(sandbox: string, id: string, definition: T, expectedVersion?: number): Promise<Stored<T>>;
  /** What ships ready comes back in its shipped form. Fails with NOT_FOUND when there is none, CONFLICT when it is used. */
  delete(sandbox: string, id: string): Promise<void>;
}

/** What differs between the kinds. */
interface Kind<T> {
  readonly check: (id: string, definition: T, settings: ProfileSettings) => void;
  /** What else is written with a change; `definition` is absent when it is deleted. */
  readonly effects?: (
    id: string,
    definition: T | undefined,
    all: ReadonlyMap<string, Stored<T>>,
    settings: ProfileSettings,
  ) => ConfigurationEffects;
  /** What follows a change that is there for good. */
  readonly after?: (sandbox: string, id: string) => void;
  /** Who names it, as `kind:id`: it is not deleted while anyone does. */
  readonly usersOf?: (sandbox: string, id: string) => Promise<readonly string[]>;
}

type Check<T> = Kind<T>['check'];

/** What a change of configuration sets off. */
export interface DefinitionDependencies {
  readonly clock: Clock;
  /** Runs a job in the background. */
  readonly run: (sandbox: string, job: string) => Promise<void>;
  /** Who may name a merge policy. */
  readonly policyUsers: () => readonly MergePolicyUsers[];
}

/** The kinds of configuration, each with its checks. */
export function createDefinitionUseCases(
  configuration: ProfileConfiguration,
  { clock, run, policyUsers }: DefinitionDependencies,
) {
  const begin = (kind: string, job: string, state: Job['state'] = {}): ConfigurationEffects => ({
    writes: [jobWrite(job, newJob(kind, clock.now(), state))],
  });
  const runNow = (sandbox: string, job: string): void => void run(sandbox, job);
  return {
    computedAttributes: verbs(configuration, configuration.computedAttributes, {
      check: checkComputed,
      effects: (id) => begin(COMPUTE_JOB, computeJobId(id)),
      after: (sandbox, id) => runNow(sandbox, computeJobId(id)),
    }),
    datasets: verbs(configuration, configuration.datasets, {
      check: checkDataset,
      effects: (id, dataset, all) => {
        const before = all.get(id)?.value;
        const isSwitched = (before?.profileEnabled ?? false) !== (dataset?.profileEnabled ?? false);
        const { kind } = dataset ?? before ?? {};
        return before && isSwitched ? begin(SWITCH_JOB, switchJobId(id), { dataset: id, kind }) : {};
      },
      after: (sandbox, id) => runNow(sandbox, switchJobId(id)),
    }),
    deviceGraphs: verbs(configuration, configuration.deviceGraphs, { check: checkDeviceGraph }),
    namespaces: verbs(configuration, configuration.namespaces, {
      check: checkNamespace,
      // Nobody was seen by an identity in a namespace that never was there.
      effects: (id, definition, all, { formerNamespaces }) => {
        if (!all.has(id) && !formerNamespaces.has(id)) return {};
        const { writes = [] } = begin(REBUILD_JOB, REBUILD_JOB);
        return { writes: definition ? writes : [...writes, formerNamespaceWrite(id)] };
      },
      after: (sandbox) => runNow(sandbox, REBUILD_JOB),
    }),
    policies: verbs(configuration, configuration.policies, {
      check: checkPolicy,
      effects: (id, definition, all) => {
        const wasDefault = all.get(id)?.value.default ?? false;
        const job = followsGraph(definition, all) ? SEEN_ANEW_JOB : MERGE_JOB;
        const { writes = [] } = wasDefault || definition?.default ? begin(MERGE_JOB, job) : {};
        return { writes: [...writes, ...leaveOneDefault(id, definition, all)] };
      },
      after(sandbox) {
        for (const job of [MERGE_JOB, SEEN_ANEW_JOB]) runNow(sandbox, job);
      },
      async usersOf(sandbox, id) {
        return (await Promise.all(policyUsers().map((users) => users.usersOfPolicy(sandbox, id)))).flat();
      },
    }),
  };
}

function verbs<T extends object>(
  { settings }: ProfileConfiguration,
  definitions: Configuration<T>,
  { check, effects = () => ({}), after = () => undefined, usersOf = async () => [] }: Kind<T>,
): DefinitionUseCases<T> {
  return {
    all: (sandbox) => definitions.all(sandbox),
    async save(sandbox, id, definition, expectedVersion) {
      if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,99}$/u.test(id)) {
        const received = JSON.stringify(id.slice(0, 100));
        throw badInput('id', `an id is up to 100 letters, digits and "_.:-"; received ${received}`);
      }
      const present = await settings(sandbox);
      check(id, definition, present);
      const all = await definitions.all(sandbox);
      const follows = effects(id, definition, all, present);
      const saved = await definitions.put(sandbox, id, definition, expectedVersion, follows);
      if (saved.version !== all.get(id)?.version) after(sandbox, id);
      return saved;
    },
    async delete(sandbox, id) {
      checkUnused(id, await usersOf(sandbox, id));
      const all = await definitions.all(sandbox);
      await definitions.delete(sandbox, id, effects(id, undefined, all, await settings(sandbox)));
      after(sandbox, id);
    },
  };
}

function checkUnused(id: string, usedBy: readonly string[]): void {
  if (usedBy.length === 0) return;
  throw new AppError('CONFLICT', `${id} is used by ${usedBy.join(', ')}.`, {
    retryable: false,
    details: { id, usedBy },
  });
}

/** True when the default policy follows a device graph, or did so until now. */
function followsGraph(definition: MergePolicy | undefined, all: ReadonlyMap<string, Stored<MergePolicy>>): boolean {
  const before = [...all.values()].map(({ value }) => value);
  return [...before, definition].some((policy) => policy?.default && policy.deviceGraph !== undefined);
}

// Only one policy is the default: the one that was last said to be.
function leaveOneDefault(
  id: string,
  definition: MergePolicy | undefined,
  all: ReadonlyMap<string, Stored<MergePolicy>>,
): readonly Write[] {
  if (!definition?.default) return [];
  return [...all.values()]
    .filter((other) => other.id !== id && other.value.default)
    .map((other) => policyWrite({ ...other, value: { ...other.value, default: false } }));
}

const checkDataset: Check<Dataset> = (id, { kind, schema, identities, retainEventsDays }, { namespaces, datasets }) => {
  const before = datasets.get(id);
  if (before && before.kind !== kind) throw badInput('kind', `the dataset ${id} is for ${before.kind} and stays so`);
  if (schema) compileSchema(schema);
  identities.forEach(({ path, namespace }, index) => {
    if (path.split('.').some((name) => name === '')) throw badInput(`identities[${index}].path`, 'a name is missing');
    if (!namespaces.has(namespace)) {
      throw badInput(`identities[${index}].namespace`, `there is no namespace ${namespace}`);
    }
  });
  if (identities.filter(({ primary }) => primary).length > 1) {
    throw badInput('identities', 'at most one identity is the primary one');
  }
  if (retainEventsDays !== undefined && (retainEventsDays < 1 || kind !== 'EVENTS')) {
    throw badInput('retainEventsDays', 'events are kept for 1 day or more; records are not limited in time');
  }
};

/** Fails with BAD_USER_INPUT when the namespace is not sound. */
export function checkNamespace(id: string, { priority, normalization, type }: Namespace): void {
  if (id === 'FPID') throw badInput('id', 'FPID stands for the ECID that follows from it, and is no namespace');
  if (priority < 1 || priority > 1000) throw badInput('priority', `a priority is 1 to 1000; received ${priority}`);
  if (normalization === 'E164' && type !== 'PHONE') throw badInput('normalization', 'E164 is for phone numbers');
}

const checkDeviceGraph: Check<DeviceGraph> = (_, { name, provider, validDays }) => {
  if (name.trim() === '') throw badInput('name', 'a device graph needs a name');
  if (provider.trim() === '') throw badInput('provider', 'a device graph comes from a named provider');
  if (!(validDays >= 1 && validDays <= 3650)) {
    throw badInput('validDays', `links hold for 1 to 3,650 days; received ${validDays}`);
  }
};

const checkPolicy: Check<MergePolicy> = (_, policy, { datasets, deviceGraphs }) => {
  const { attributes, datasetPrecedence, deviceGraph } = policy;
  if (deviceGraph !== undefined && !deviceGraphs.has(deviceGraph)) {
    throw badInput('deviceGraph', `there is no device graph ${deviceGraph}`);
  }
  if (attributes === 'TIMESTAMP' && datasetPrecedence.length > 0) {
    throw badInput('datasetPrecedence', 'a list of datasets goes with DATASET_PRECEDENCE');
  }
  if (attributes === 'DATASET_PRECEDENCE' && datasetPrecedence.length === 0) {
    throw badInput('datasetPrecedence', 'DATASET_PRECEDENCE needs a list of datasets');
  }
  const unknown = datasetPrecedence.filter((dataset) => !datasets.has(dataset));
  if (unknown.length > 0) throw badInput('datasetPrecedence', `there is no dataset ${unknown.join(', ')}`);
};

const checkComputed: Check<ComputedAttribute> = (id, { filter }, { computed }) => {
  if (filter !== undefined) parseEventFilter(filter);
  const others = computed.map((each) => each.id).filter((other) => other !== id);
  const clash = findClash(id, others);
  if (clash) throw badInput('id', `${id} and ${clash} cannot both stand under computedAttributes`);
  if (others.length >= MOST_COMPUTED) throw badInput('id', `there can be ${MOST_COMPUTED} computed attributes`);
};

const MOST_COMPUTED = 100;

function badInput(path: string, message: string): AppError {
  return new AppError('BAD_USER_INPUT', `${path}: ${message}.`, { details: { path } });
}
