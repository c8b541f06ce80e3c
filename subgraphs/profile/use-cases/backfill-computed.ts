import type { Ids } from '../../../platform/ids';
import type { Store } from '../../../platform/store/store';
import { isComplete } from '../domain/compute';
import type { Person } from '../domain/head';
import { identityValueOf, namespaceOf } from '../domain/identity';
import { type Item, itemKey } from '../domain/item';
import { headsSpec } from '../store/collections';
import type { ComputedStore } from '../store/computed-store';
import type { HeadDocument } from '../store/head-document';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { JobHandler } from './jobs';
import type { Pipeline } from './pipeline';
import type { ProfileReads } from './read-profiles';

/** The kind of job that fills a new computed attribute for everybody. */
export const COMPUTE_JOB = 'COMPUTE';

/** The id of the job of one computed attribute. */
export function computeJobId(attribute: string): string {
  return `${COMPUTE_JOB}|${attribute}`;
}

const PAGE = 200;

/**
 * Goes through all people by id and has what is computed for them kept and announced, where it is not kept yet by the
 * present definitions.
 */
export function createBackfillComputed(dependencies: {
  readonly store: Store;
  readonly reads: ProfileReads;
  readonly computed: ComputedStore;
  readonly configuration: ProfileConfiguration;
  readonly pipeline: Pipeline;
  readonly ids: Ids;
}): JobHandler {
  const { store, reads, computed, configuration, pipeline, ids } = dependencies;
  const heads = store.collection<HeadDocument>(headsSpec.name);

  const lacking = async (sandbox: string, people: readonly Person[]): Promise<readonly string[]> => {
    const settings = await configuration.settings(sandbox);
    const owners = people.map(({ head }) => head.identities.filter(({ events }) => events > 0).map(({ key }) => key));
    const known = await computed.load(sandbox, owners.flat());
    const isDone = (key: string): boolean => {
      const states = known.get(key);
      return isComplete(states, settings.computed) && Object.keys(states ?? {}).length === settings.computed.length;
    };
    return owners.flatMap((keys) => (keys.every(isDone) ? [] : keys.slice(0, 1)));
  };

  return async (sandbox, { state, done }, id) => {
    const after = typeof state.after === 'string' ? { after: state.after } : {};
    const page = await heads.scan(sandbox, { limit: PAGE, ...after });
    const living = page.filter(({ value }) => value.endedIn === undefined).map((found) => found.id);
    const people = (await reads.byIds(sandbox, living)).filter((person) => person !== undefined);
    const owners = await lacking(sandbox, people);
    if (owners.length > 0) {
      await pipeline.submit(sandbox, { items: owners.map((owner) => toComputeItem(ids.next(), owner, id)) });
    }
    const last = page.at(-1)?.id;
    const finished = page.length < PAGE || last === undefined;
    return { state: { ...state, ...(last ? { after: last } : {}) }, done: done + page.length, finished };
  };
}

function toComputeItem(id: string, owner: string, job: string): Item {
  const identity = {
    key: owner,
    namespace: namespaceOf(owner),
    value: identityValueOf(owner),
    state: 'AMBIGUOUS' as const,
  };
  const base = { kind: 'COMPUTE', dataset: COMPUTE_JOB, id: job, key: itemKey(COMPUTE_JOB, id), atMs: 0 } as const;
  return { ...base, enabled: true, owner, identities: [identity], links: [], data: {}, json: '{}' };
}
