import type { Ids } from '../../../platform/ids';
import type { Store } from '../../../platform/store/store';
import { isComplete } from '../domain/compute';
import type { Person } from '../domain/head';
import { identityValueOf, namespaceOf } from '../domain/identity';
import { type Item, itemKey } from '../domain/item';
import type { ComputedStore } from '../store/computed-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { JobHandler } from './jobs';
import type { Pipeline } from './pipeline';
import type { ProfileReads } from './read-profiles';
import { createPeopleWalk } from './walk-people';

/** The kinds of jobs that make the view of everybody anew: what is computed, or how attributes are merged. */
export const COMPUTE_JOB = 'COMPUTE';
export const MERGE_JOB = 'MERGE';

/** The id of the MERGE job where the default policy follows, or followed, a device graph: all are seen anew, not merged alone. */
export const SEEN_ANEW_JOB = `${MERGE_JOB}|seen-anew`;

/** The id of the job of one computed attribute. */
export function computeJobId(attribute: string): string {
  return `${COMPUTE_JOB}|${attribute}`;
}

export interface RefreshDependencies {
  readonly store: Store;
  readonly reads: ProfileReads;
  readonly computed: ComputedStore;
  readonly configuration: ProfileConfiguration;
  readonly pipeline: Pipeline;
  readonly ids: Ids;
}

const PAGE = 200;

/** Goes through all people and has what is computed for them kept and announced, where it is not by the present definitions. */
export function createBackfillComputed(dependencies: RefreshDependencies): JobHandler {
  const { computed, configuration } = dependencies;
  return createRefresh(dependencies, async (sandbox, people) => {
    const { computed: attributes } = await configuration.settings(sandbox);
    const owners = people.map(({ head }) => head.identities.filter(({ events }) => events > 0).map(({ key }) => key));
    const known = await computed.load(sandbox, owners.flat());
    const isDone = (key: string): boolean => {
      const states = known.get(key)?.states ?? {};
      return isComplete(states, attributes) && Object.keys(states).length === attributes.length;
    };
    return people.filter((_, index) => !owners[index]?.every(isDone));
  });
}

/** Goes through all people and announces their attributes: another merge policy is the default. */
export function createAnnounceMerged(dependencies: RefreshDependencies): JobHandler {
  return createRefresh(dependencies, async (_, people, job) => {
    if (job === SEEN_ANEW_JOB) return people;
    return people.filter(({ head }) => head.identities.some(({ datasets }) => datasets.length > 0));
  });
}

function createRefresh(
  { store, reads, pipeline, ids }: RefreshDependencies,
  concerned: (sandbox: string, people: readonly Person[], job: string) => Promise<readonly Person[]>,
): JobHandler {
  return createPeopleWalk(store, reads, PAGE, async (sandbox, people, id) => {
    const items = (await concerned(sandbox, people, id)).flatMap(({ head: { identities } }) => {
      const [first] = identities;
      return first ? [toRefreshItem(ids.next(), first.key, id)] : [];
    });
    if (items.length > 0) await pipeline.submit(sandbox, { items });
  });
}

function toRefreshItem(id: string, owner: string, job: string): Item {
  const identity = {
    key: owner,
    namespace: namespaceOf(owner),
    value: identityValueOf(owner),
    state: 'AMBIGUOUS',
  } as const;
  const base = { kind: 'REFRESH', dataset: COMPUTE_JOB, id: job, key: itemKey(COMPUTE_JOB, id), atMs: 0 } as const;
  return { ...base, enabled: true, owner, identities: [identity], links: [], data: {}, json: '{}' };
}
