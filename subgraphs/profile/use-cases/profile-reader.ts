import type { ProfileChanged } from '../../../flow/events';
import type { ProfileReader, ProfileRef, SeenOptions } from '../../../flow/ports';
import type { Store, Stored } from '../../../platform/store/store';
import { toComputedFields } from '../domain/compute';
import type { Person } from '../domain/head';
import { identityKey, normalize } from '../domain/identity';
import type { PolicyInUse } from '../domain/merge-policy';
import { restrictTo, viewId } from '../domain/view';
import { headsSpec } from '../store/collections';
import type { HeadDocument } from '../store/head-document';
import type { PeopleReads } from '../store/people-reads';
import { toPerson } from '../store/people-store';
import { findJoinedPeople, type JoinedPeopleDependencies } from './joined-people';
import type { ProfileReads, ReadDependencies } from './read-profiles';
import { scanAttributes } from './scan-people';
import { createSnapshotPeople } from './snapshot-people';
import type { Views } from './view-people';

/** What the port stands on. */
export interface ProfileReaderDependencies extends ReadDependencies, JoinedPeopleDependencies {
  readonly reads: ProfileReads;
  readonly views: Views;
}

/** The port by which the other subgraphs read people. */
export function createProfileReader(dependencies: ProfileReaderDependencies): ProfileReader {
  const { reads, views, store, people, configuration, moves, clock } = dependencies;
  const heads = store.collection<HeadDocument>(headsSpec.name);

  const snapshot = createSnapshotPeople(reads, dependencies);
  // Those that nothing is on its way for are as they were just read.
  const living = async (sandbox: string, page: readonly Stored<HeadDocument>[]): Promise<readonly Person[]> => {
    const alive = page.filter(({ value }) => value.endedIn === undefined);
    if ((await configuration.settings(sandbox)).moves.length === 0) return alive.map(toPerson);
    const found = await reads.byIds(
      sandbox,
      alive.map(({ id }) => id),
    );
    return found.filter((person) => person !== undefined);
  };

  const isJoining = async (sandbox: string): Promise<boolean> => {
    const { deviceGraphs, defaultPolicy } = await configuration.settings(sandbox);
    return deviceGraphs.has(defaultPolicy.deviceGraph ?? '');
  };
  const seen = async (
    sandbox: string,
    found: readonly Person[],
    { joined }: SeenOptions,
  ): Promise<readonly Person[]> =>
    joined && (await isJoining(sandbox))
      ? Promise.all(found.map((person) => views.view(sandbox, person, clock.now())))
      : found;

  return {
    async find(sandbox, identity) {
      const found = await reads.find(sandbox, identity);
      return found && { id: found.person.id, revision: found.person.head.revision };
    },
    async keysOf(sandbox, identities) {
      const { namespaces } = await configuration.settings(sandbox);
      return identities.map(({ namespace, value }) => {
        const rules = namespaces.get(namespace);
        const normal = rules && normalize(value, rules.normalization);
        return normal === undefined ? undefined : identityKey(namespace, normal);
      });
    },
    async getMany(sandbox, ids, { events = false, ...options } = {}) {
      const found = await reads.byIds(sandbox, ids);
      const people = found.filter((person) => person !== undefined);
      const shown = await seen(sandbox, people, options);
      const snapshots = (await snapshot(sandbox, shown, { events, computed: true })).values();
      return found.map((person) => person && snapshots.next().value);
    },
    async computed(sandbox, asked, options = {}) {
      const ids = asked.map(({ id }) => id);
      const found = await reads.byIds(sandbox, ids);
      return Promise.all(
        asked.map(async ({ revision, atMs }, index) => {
          const person = found[index];
          if (!person) return undefined;
          const { id, head } = person;
          const since = revision === undefined ? [] : await readChanges(store, people, sandbox, { id, revision });
          if (!since || since.some(({ rebuilt }) => rebuilt)) return undefined;
          const without = new Set(since.flatMap(({ events }) => events.map(({ key }) => key)));
          const [shown = person] = await seen(sandbox, [person], options);
          const values = await reads.computed(sandbox, shown, atMs, without);
          return { id, revision: revision ?? head.revision, ...toComputedFields(values) };
        }),
      );
    },
    async views(sandbox, mergePolicy, ids) {
      const policy = (await configuration.settings(sandbox)).policies.get(mergePolicy);
      if (!policy) return ids.map(() => []);
      const parts = (await reads.byIds(sandbox, ids)).map((person) => (person ? partsUnder(policy, person) : []));
      const shown = await Promise.all(parts.flat().map((part) => views.view(sandbox, part, clock.now(), policy)));
      const snapshots = (await snapshot(sandbox, shown, { events: true, computed: true, policy })).values();
      return parts.map((own) => own.flatMap(() => snapshots.next().value ?? []));
    },
    async joinedWith(sandbox, ids) {
      const { deviceGraphs, defaultPolicy } = await configuration.settings(sandbox);
      const graph = deviceGraphs.get(defaultPolicy.deviceGraph ?? '');
      if (!graph) return ids;
      const found = await reads.byIds(sandbox, ids);
      const keys = found.flatMap((person) => person?.head.identities.map(({ key }) => key) ?? []);
      const near = await findJoinedPeople(dependencies, sandbox, graph, keys, clock.now());
      return [...new Set([...ids, ...near.keys()])];
    },
    async policies(sandbox) {
      const { policies, defaultPolicy } = await configuration.settings(sandbox);
      const isApart = defaultPolicy.identityGraph === 'NONE';
      return { default: defaultPolicy.id, ids: [...policies.keys()], isApart };
    },
    changes: (sandbox, profile) => readChanges(store, people, sandbox, profile),
    async scan(sandbox, { after, limit, events = true, computed = true, identities = true, ...options }) {
      for (let last = after; ; ) {
        const next = { limit, ...(last === undefined ? {} : { after: last }) };
        let page = await heads.scan(sandbox, next);
        // People whom only a batch names that is not yet worked in are met at the end.
        if (page.length < limit && (await moves.finish(sandbox))) page = await heads.scan(sandbox, next);
        const found = await seen(sandbox, await living(sandbox, page), options);
        const snapshots =
          computed || identities
            ? await snapshot(sandbox, found, { events, computed })
            : await scanAttributes(reads, dependencies, sandbox, found, events);
        last = page.at(-1)?.id;
        // A page of ended profiles alone is not the end.
        if (snapshots.length > 0 || page.length < limit || last === undefined) return snapshots;
      }
    },
  };
}

/** Whom the policy's views are made of: the person, or each of their identities by itself. */
function partsUnder({ identityGraph }: PolicyInUse, person: Person): readonly Person[] {
  if (identityGraph === 'STITCHED') return [person];
  return person.head.identities.flatMap(({ key }) => restrictTo(person, viewId(person.id, key)) ?? []);
}

// As many as a reader that is a little behind lacks; one that is far behind reads the snapshot.
const MOST_CHANGES = 64;
// The log may have grown since the head was read.
const SPARE_CHANGES = 8;

async function readChanges(
  store: Store,
  people: PeopleReads,
  sandbox: string,
  { id, revision }: ProfileRef,
): Promise<readonly ProfileChanged[] | undefined> {
  const person = (await people.people(sandbox, [id])).get(id);
  if (!person) return undefined;
  const missing = person.head.revision - revision;
  if (missing <= 0) return [];
  if (missing > MOST_CHANGES) return undefined;
  const entries = await store.log.readKey<ProfileChanged>('ProfileChanged', sandbox, id, missing + SPARE_CHANGES);
  const changes = entries.map(({ body }) => body).filter((body) => body.revision > revision);
  return changes[0]?.revision === revision + 1 ? changes : undefined;
}
