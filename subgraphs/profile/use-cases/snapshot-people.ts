import type { ProfileSnapshot } from '../../../flow/ports';
import type { Fragment } from '../domain/attributes';
import { toComputedFields } from '../domain/compute';
import { statusesOf } from '../domain/consents';
import type { Person } from '../domain/head';
import type { PolicyInUse } from '../domain/merge-policy';
import { toProfileIdentity } from '../domain/view';
import { fragmentId } from '../store/fragment-store';
import { attributesOf } from './merge-records';
import type { ProfileReads, ReadDependencies } from './read-profiles';

/** What is read of people beside who they are and what records say. */
export interface SnapshotParts {
  readonly events: boolean;
  readonly computed: boolean;
  /** By which attributes are merged; absent: the default one. */
  readonly policy?: PolicyInUse;
}

/** Reads people whole, all of them together, in the order given. What is not asked for stays empty. */
export type SnapshotPeople = (
  sandbox: string,
  people: readonly Person[],
  parts: SnapshotParts,
) => Promise<readonly ProfileSnapshot[]>;

/** As they are now. */
export function createSnapshotPeople(reads: ProfileReads, dependencies: ReadDependencies): SnapshotPeople {
  const { fragments, configuration, limits, clock, unknownConsents } = dependencies;
  return async (sandbox, people, parts) => {
    const { datasets, defaultPolicy } = await configuration.settings(sandbox);
    const identities = people.flatMap(({ head }) => head.identities);
    const found = await fragments.load(sandbox, identities);
    const fragmentsOf = ({ head }: Person): Fragment[] =>
      head.identities.flatMap(({ key, datasets: own }) =>
        own.flatMap((id) => (datasets.get(id)?.profileEnabled ? (found.get(fragmentId(id, key)) ?? []) : [])),
      );
    return Promise.all(
      people.map(async (person): Promise<ProfileSnapshot> => {
        const { id, head } = person;
        const hasEvents = parts.events && head.identities.some(({ events }) => events > 0);
        const events = hasEvents ? await reads.events(sandbox, person, { limit: limits.eventsPerProfile }) : [];
        const computed = parts.computed ? await reads.computed(sandbox, person, clock.now()) : { values: {} };
        return {
          id,
          revision: head.revision,
          attributes: attributesOf(fragmentsOf(person), parts.policy ?? defaultPolicy),
          ...toComputedFields(computed),
          identities: head.identities.map(toProfileIdentity),
          events: events.toReversed(),
          consents: statusesOf(head.identities, unknownConsents),
        };
      }),
    );
  };
}
