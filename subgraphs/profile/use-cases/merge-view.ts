import { LRUCache } from 'lru-cache';
import { isAnonymous } from '../domain/anonymous';
import { toAttributes } from '../domain/attributes';
import { statusesOf, type UnknownConsents } from '../domain/consents';
import type { Person } from '../domain/head';
import type { ConsentStatus } from '../domain/item';
import type { PolicyInUse } from '../domain/merge-policy';
import { personOf } from '../domain/view';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import type { ProfileReads } from './read-profiles';

/** What a merge policy makes of a person where no clock is asked. Shared by requests: do not write into it. */
export interface MergedView {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** purpose → status. */
  readonly consents: Readonly<Record<string, ConsentStatus>>;
  readonly isAnonymous: boolean;
}

/** The views of people, made once for each state of a person: who asks about the same state is told the same object. */
export interface MergedViews {
  /** The person under a policy (default: the default one). */
  of(sandbox: string, person: Person, policy?: PolicyInUse): Promise<MergedView>;
  /** Lets go of what is kept of people who are no more. */
  committed(sandbox: string, changed: readonly Pick<Person, 'id' | 'head'>[]): void;
  /** Lets go of what is kept of these profiles. */
  forget(sandbox: string, profileIds: readonly string[]): void;
}

export interface MergedViewDependencies {
  readonly reads: Pick<ProfileReads, 'leaves'>;
  readonly configuration: Pick<ProfileConfiguration, 'settings'>;
  readonly unknownConsents: UnknownConsents;
}

/** A view, and what it was made of. */
interface Kept {
  readonly profileId: string;
  readonly version: number;
  readonly settings: ProfileSettings;
  readonly policy: PolicyInUse;
  readonly view: Promise<MergedView>;
  /** The same, from when it is there: what is there need not be waited for. */
  ready?: MergedView;
}

const VIEWS_KEPT = 10_000;
const CHARACTERS_KEPT = 16 * 1_048_576;

/**
 * Keeps the views used last. One holds for as long as the head's version and the settings are those that it was made of:
 * whatever changes what records say of a person writes the head too, and both were read before the records.
 */
export function createMergedViews({ reads, configuration, unknownConsents }: MergedViewDependencies): MergedViews {
  const kept = new LRUCache<string, Kept>({ max: VIEWS_KEPT, maxSize: CHARACTERS_KEPT });
  // Other people are in these, whose versions are not told: they are kept for the answer that they were made for.
  const joined = new WeakMap<Person, Promise<MergedView>>();

  const merge = async (sandbox: string, person: Person, settings: ProfileSettings, policy: PolicyInUse) => ({
    attributes: toAttributes(await reads.leaves(sandbox, person, policy)),
    consents: statusesOf(person.head.identities, unknownConsents),
    isAnonymous: isAnonymous(person.head, settings.namespaces),
  });

  const keep = (key: string, made: Kept): Promise<MergedView> => {
    kept.set(key, made, { size: 1 });
    const settle = (view?: MergedView): void => {
      if (kept.peek(key) !== made) return;
      if (!view) kept.delete(key);
      else kept.set(key, Object.assign(made, { ready: view }), { size: JSON.stringify(view).length });
    };
    made.view.then(settle, () => settle());
    return made.view;
  };

  const forget: MergedViews['forget'] = (sandbox, profileIds) => {
    const gone = new Set(profileIds);
    if (gone.size === 0) return;
    for (const [key, { profileId }] of kept.entries()) {
      if (gone.has(profileId) && key.startsWith(`${sandbox}|`)) kept.delete(key);
    }
  };

  return {
    async of(sandbox, person, asked) {
      const settings = await configuration.settings(sandbox);
      const policy = asked ?? settings.defaultPolicy;
      if (person.deviceLinks) {
        const view = joined.get(person) ?? merge(sandbox, person, settings, policy);
        joined.set(person, view);
        return view;
      }
      const { id, version } = person;
      const key = `${sandbox}|${id}|${policy.id}`;
      const known = kept.get(key);
      if (known?.version === version && known.settings === settings && known.policy === policy)
        return known.ready ?? known.view;
      return keep(key, {
        profileId: personOf(id),
        version,
        settings,
        policy,
        view: merge(sandbox, person, settings, policy),
      });
    },
    committed(sandbox, changed) {
      forget(
        sandbox,
        changed.flatMap(({ id, head }) => (head.endedIn === undefined ? [] : [id])),
      );
    },
    forget,
  };
}
