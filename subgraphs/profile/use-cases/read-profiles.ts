import type { ProfileEvent } from '../../../flow/events';
import type { IdentityRef } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { Store } from '../../../platform/store/store';
import { type Fragment, resolveLeaves, type SourcedLeaf } from '../domain/attributes';
import { type ComputedValues } from '../domain/compute';
import type { UnknownConsents } from '../domain/consents';
import type { Person } from '../domain/head';
import { identityKey, normalize } from '../domain/identity';
import { datasetOf } from '../domain/item';
import type { Limits } from '../domain/limits';
import { fragmentsUnder, orderOf, type PolicyInUse } from '../domain/merge-policy';
import { personOf, restrictTo } from '../domain/view';
import type { ComputedStore } from '../store/computed-store';
import { type EventQuery, type EventStore, newestFirst } from '../store/event-store';
import type { FragmentStore } from '../store/fragment-store';
import type { PeopleReads } from '../store/people-reads';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import type { BatchMoves } from './batch-moves';
import { readComputed } from './compute-attributes';

/** Reads of people, as they are now. */
export interface ProfileReads {
  /** The person with this identity, and its key; `undefined` for an unknown one. */
  find(sandbox: string, identity: IdentityRef): Promise<Found | undefined>;
  /** The people who have these identities, by their keys. */
  having(sandbox: string, keys: readonly string[]): Promise<ReadonlyMap<string, Person>>;
  /** In the order asked. An ended profile's id finds what it became part of; a view's id finds the view. */
  byIds(sandbox: string, ids: readonly string[]): Promise<readonly (Person | undefined)[]>;
  /** What holds of the person's attributes under a policy (default: the default one). */
  leaves(sandbox: string, person: Person, policy?: PolicyInUse): Promise<readonly SourcedLeaf[]>;
  /** What is computed from the person's events but those `without`, as of an instant (P-15). */
  computed(sandbox: string, person: Person, nowMs: number, without?: ReadonlySet<string>): Promise<ComputedValues>;
  /** The newest events first; those of datasets that are not enabled, or that are past keeping, are left out. */
  events(sandbox: string, person: Person, query: ShownEvents): Promise<readonly ProfileEvent[]>;
}

/** Which events are asked for. */
export interface ShownEvents extends EventQuery {
  readonly types?: readonly string[];
}

/** A person, and by which of their identities they were found. */
export interface Found {
  readonly person: Person;
  readonly identity: string;
}

export interface ReadDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly people: PeopleReads;
  readonly fragments: FragmentStore;
  readonly events: EventStore;
  readonly computed: ComputedStore;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
  readonly unknownConsents: UnknownConsents;
  readonly moves: BatchMoves;
}

// How many events are looked at together when most of them are filtered out.
const PAGE = 200;
const DAY_MS = 86_400_000;

/** Over the stores of the profile subgraph. */
export function createProfileReads(dependencies: ReadDependencies): ProfileReads {
  const { people, fragments, events, configuration, limits, clock, moves: batchMoves } = dependencies;
  const living: ProfileReads['byIds'] = async (sandbox, ids) => {
    const alive = await people.living(sandbox, new Set(ids.map(personOf)));
    return ids.map((id) => {
      const person = alive.get(personOf(id));
      return person && restrictTo(person, id);
    });
  };
  return {
    async byIds(sandbox, ids) {
      const [{ moves }, found] = await Promise.all([configuration.settings(sandbox), living(sandbox, ids)]);
      if (moves.length === 0) return found;
      const own = found.flatMap((person) => person?.head.identities.map(({ key }) => key) ?? []);
      return (await batchMoves.settle(sandbox, own)) ? living(sandbox, ids) : found;
    },
    async find(sandbox, { namespace, value }) {
      const { namespaces, moves } = await configuration.settings(sandbox);
      const rules = namespaces.get(namespace);
      const normal = rules && normalize(value, rules.normalization);
      if (normal === undefined) return undefined;
      const key = identityKey(namespace, normal);
      if (moves.length > 0) await batchMoves.settle(sandbox, [key]);
      const [person] = (await people.find(sandbox, [key])).people.values();
      return person && { person, identity: key };
    },
    async having(sandbox, keys) {
      const { moves } = await configuration.settings(sandbox);
      if (moves.length > 0) await batchMoves.settle(sandbox, keys);
      const found = await people.find(sandbox, keys);
      return new Map(
        [...found.profileOf].flatMap(([key, id]) => {
          const person = found.people.get(id);
          return person ? [[key, person] as const] : [];
        }),
      );
    },
    async leaves(sandbox, { head }, policy) {
      const { datasets, defaultPolicy } = await configuration.settings(sandbox);
      const found = await fragments.load(sandbox, head.identities);
      const enabled = [...found.values()].filter(({ dataset }) => datasets.get(dataset)?.profileEnabled);
      return leavesUnder(policy ?? defaultPolicy, enabled);
    },
    async computed(sandbox, { head }, nowMs, without) {
      const settings = await configuration.settings(sandbox);
      return readComputed(dependencies, sandbox, head.identities, settings, nowMs, without);
    },
    async events(sandbox, { head }, query) {
      const settings = await configuration.settings(sandbox);
      const types = query.types && new Set<unknown>(query.types);
      const last = await lastKept(events, sandbox, head, limits.eventsPerProfile);
      const nowMs = clock.now();
      const shown: ProfileEvent[] = [];
      for (let at: EventQuery = query; ; ) {
        const page = await events.newest(sandbox, head.identities, at);
        for (const event of page) {
          if (last && newestFirst(event, last) > 0) return shown;
          if (isShown(event, settings, nowMs) && (!types || types.has(event.data.eventType))) shown.push(event);
        }
        const before = page.at(-1);
        if (shown.length >= query.limit || page.length < at.limit || !before) return shown.slice(0, query.limit);
        at = { ...query, before, limit: Math.max(query.limit, PAGE) };
      }
    },
  };
}

function leavesUnder(policy: PolicyInUse, fragments: readonly Fragment[]): readonly SourcedLeaf[] {
  return resolveLeaves(fragmentsUnder(policy, fragments), orderOf(policy));
}

/** True for an event whose dataset is enabled, and that is not past keeping. */
export function isShown({ key, timestampMs }: ProfileEvent, settings: ProfileSettings, nowMs: number): boolean {
  const days = settings.datasets.get(datasetOf(key))?.retainEventsDays;
  return settings.isShown(key) && (days === undefined || timestampMs > nowMs - days * DAY_MS);
}

// The oldest event that is still among those kept for the whole person; `undefined` when none is too many.
async function lastKept(
  events: EventStore,
  sandbox: string,
  { identities }: Person['head'],
  most: number,
): Promise<ProfileEvent | undefined> {
  const count = identities.reduce((sum, identity) => sum + identity.events, 0);
  return count <= most ? undefined : (await events.newest(sandbox, identities, { limit: most })).at(-1);
}
