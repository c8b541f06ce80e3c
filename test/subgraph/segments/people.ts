import type { Cause, ProfileChanged, ProfileEvent } from '../../../flow/events';
import type { IdentityRef, ProfileReader, ProfileRef, ProfileSnapshot } from '../../../flow/ports';
import type { LogEntry } from '../../../platform/store/event-log';
import type { Store } from '../../../platform/store/store';

type Fields = Readonly<Record<string, unknown>>;

/** Something that is said of a person. */
export interface Item {
  /** `eventType` and what else the event holds. */
  readonly event?: Fields & { readonly _id?: string };
  /** The event's own time; default: now. */
  readonly timestampMs?: number;
  /** Merged into the attributes. */
  readonly attributes?: Fields;
}

interface Person {
  readonly id: string;
  revision: number;
  attributes: Fields;
  events: ProfileEvent[];
  identities: IdentityRef[];
  endedIn?: string | null;
  readonly changes: ProfileChanged[];
}

/** The profile subgraph's part, in memory: people with revisions, announced in the log. It outlives the store's reopening. */
export interface People {
  readonly reader: ProfileReader;
  /** How often each of the reader's doors was used. */
  readonly calls: Record<keyof ProfileReader, number>;
  /** Commits one change of a person, who is new when not known. */
  take(store: Store, profileId: string, nowMs: number, ...items: readonly Item[]): Promise<ProfileRef>;
  /** `from` becomes part of `into`. */
  merge(store: Store, from: string, into: string, nowMs: number): Promise<ProfileRef>;
  /** The newest `events` of a person become a person of their own. */
  split(store: Store, from: string, into: string, events: number, nowMs: number): Promise<ProfileRef>;
  remove(store: Store, profileId: string, nowMs: number): Promise<void>;
  /** What the changes of the log say, as they were delivered. */
  entries(): readonly LogEntry<ProfileChanged>[];
  snapshot(profileId: string): ProfileSnapshot | undefined;
  ids(): readonly string[];
  /** Those who ended included. */
  everIds(): readonly string[];
  /** Forgets the changes before, as a log that was trimmed. */
  trim(): void;
}

/** What is computed from events, and until when it holds. */
export type Compute = (
  events: readonly ProfileEvent[],
  nowMs: number,
) => Pick<ProfileChanged, 'computedUntilMs' | 'computedHalfLivesMs'> & { readonly computedAttributes: Fields };

/** Nobody at first. Without `compute` nothing is computed from events. */
export function createPeople(sandbox: string, now: () => number, compute?: Compute): People {
  const people = new Map<string, Person>();
  const log: LogEntry<ProfileChanged>[] = [];
  const calls = {
    find: 0,
    keysOf: 0,
    getMany: 0,
    views: 0,
    joinedWith: 0,
    policies: 0,
    fields: 0,
    changes: 0,
    scan: 0,
    computed: 0,
  };
  let nextEvent = 1;

  const get = (id: string): Person | undefined => {
    const person = people.get(id);
    return person?.endedIn ? get(person.endedIn) : person?.endedIn === null ? undefined : person;
  };
  const announce = async (
    store: Store,
    person: Person,
    cause: Cause,
    rest: Partial<ProfileChanged>,
    atMs: number,
  ): Promise<void> => {
    person.revision += 1;
    const { id: profileId, revision } = person;
    const computed = rest.endedIn === undefined ? compute?.(person.events, atMs) : undefined;
    const body: ProfileChanged = { profileId, revision, atMs, cause, events: [], ...computed, ...rest };
    person.changes.push(body);
    const entry = { stream: 'ProfileChanged', key: profileId, id: `${profileId}|${revision}`, at: atMs, body };
    log.push({ ...entry, sandbox, partition: store.log.partitionOf(profileId), position: log.length + 1 });
    await store.commit({ sandbox, writes: [], entries: [entry] });
  };
  const toSnapshot = (
    { id, revision, attributes, events, identities }: Person,
    withEvents: boolean,
  ): ProfileSnapshot => ({
    id,
    revision,
    attributes,
    ...(compute?.(events, now()) ?? { computedAttributes: {} }),
    identities: identities.map((identity) => ({
      ...identity,
      authenticatedState: 'AMBIGUOUS' as const,
      firstSeenMs: 0,
      lastSeenMs: 0,
    })),
    events: withEvents ? events.toSorted((a, b) => a.timestampMs - b.timestampMs || (a.key < b.key ? -1 : 1)) : [],
    consents: {},
  });
  const create = (id: string): Person => {
    const person = { id, revision: 0, attributes: {}, events: [], identities: [], changes: [] };
    people.set(id, person);
    return Object.assign(person, { identities: [{ namespace: 'CRMID', value: id }] });
  };
  const living = (): readonly Person[] =>
    [...people.values()].filter(({ endedIn }) => endedIn === undefined).sort((a, b) => (a.id < b.id ? -1 : 1));

  // As in one commit with the log: nobody reads a change whose entry is still on its way.
  let busy: Promise<unknown> = Promise.resolve();
  const settled = async (): Promise<void> => {
    for (let seen: unknown; seen !== busy; ) {
      seen = busy;
      await seen;
    }
  };
  const atOnce =
    <A extends readonly unknown[], R>(change: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      const changing = change(...args);
      busy = Promise.allSettled([busy, changing]);
      return changing;
    };
  const settledFirst =
    <A extends readonly unknown[], R>(read: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await settled();
      return read(...args);
    };
  const made: People = {
    calls,
    reader: {
      async find(_, { namespace, value }) {
        calls.find += 1;
        const person = living().find(({ identities }) =>
          identities.some((known) => known.namespace === namespace && known.value === value),
        );
        return person && { id: person.id, revision: person.revision };
      },
      async keysOf(_, identities) {
        calls.keysOf += 1;
        return identities.map(({ namespace, value }) => `${namespace}|${value}`);
      },
      async getMany(_, ids, options) {
        calls.getMany += 1;
        return ids.map((id) => {
          const person = get(id);
          return person && toSnapshot(person, options?.events ?? false);
        });
      },
      async computed(_, asked) {
        calls.computed += 1;
        return asked.map(({ id, revision = Number.POSITIVE_INFINITY, atMs }) => {
          const person = get(id);
          const since = person?.changes.filter((change) => change.revision > revision) ?? [];
          if (!person || since.some(({ rebuilt }) => rebuilt)) return undefined;
          const later = new Set(since.flatMap(({ events }) => events.map(({ key }) => key)));
          const events = person.events.filter(({ key }) => !later.has(key));
          return {
            id: person.id,
            revision: Math.min(revision, person.revision),
            ...(compute?.(events, atMs) ?? { computedAttributes: {} }),
          };
        });
      },
      async changes(_, { id, revision }) {
        calls.changes += 1;
        const person = people.get(id);
        if (!person) return undefined;
        const missing = person.changes.filter((change) => change.revision > revision);
        return person.revision - revision === missing.length ? missing : undefined;
      },
      async scan(_, { after = '', limit, events = true, computed = true }) {
        calls.scan += 1;
        return living()
          .filter(({ id }) => id > after)
          .slice(0, limit)
          .map((person) => toSnapshot(person, events))
          .map((person) => (computed ? person : { ...person, computedAttributes: {} }));
      },
    },
    async take(store, profileId, nowMs, ...items) {
      const person = people.get(profileId) ?? create(profileId);
      const events = items.flatMap(({ event, timestampMs = nowMs }) => {
        if (!event) return [];
        const _id = event._id ?? `e${nextEvent++}`;
        return [{ key: `web|${_id}`, timestampMs, data: { ...event, _id } }];
      });
      const attributes: Fields = Object.assign({}, person.attributes, ...items.map((item) => item.attributes));
      const isChanged = items.some((item) => item.attributes);
      person.attributes = attributes;
      person.events.push(...events);
      const cause: Cause =
        events.length > 0
          ? { kind: 'EVENT', reference: `${events.at(-1)?.key}` }
          : { kind: 'RECORD', reference: 'crm' };
      const isNew = person.revision === 0;
      const rest = { events, ...(isChanged && { attributes }), ...(isNew && { identities: [`CRMID|${profileId}`] }) };
      await announce(store, person, cause, rest, nowMs);
      return { id: profileId, revision: person.revision };
    },
    async merge(store, from, into, nowMs) {
      const [ending, staying] = [people.get(from), people.get(into)];
      if (!ending || !staying) throw new Error('Both must be there.');
      staying.events.push(...ending.events.splice(0));
      staying.attributes = { ...ending.attributes, ...staying.attributes };
      staying.identities.push(...ending.identities.splice(0));
      ending.endedIn = into;
      const cause = { kind: 'MERGE', reference: from } as const;
      await announce(store, ending, cause, { endedIn: into }, nowMs);
      await announce(store, staying, cause, { rebuilt: true, attributes: staying.attributes }, nowMs);
      return { id: into, revision: staying.revision };
    },
    async split(store, from, into, events, nowMs) {
      const [giving, gaining] = [people.get(from), create(into)];
      if (!giving) throw new Error('It must be there.');
      gaining.events.push(...giving.events.splice(giving.events.length - events));
      const cause = { kind: 'SPLIT', reference: from } as const;
      await announce(store, giving, cause, { rebuilt: true, attributes: giving.attributes }, nowMs);
      await announce(store, gaining, cause, { rebuilt: true, attributes: {} }, nowMs);
      return { id: into, revision: gaining.revision };
    },
    async remove(store, profileId, nowMs) {
      const person = people.get(profileId);
      if (!person) throw new Error('It must be there.');
      person.endedIn = null;
      await announce(store, person, { kind: 'PRIVACY' }, { endedIn: null }, nowMs);
    },
    entries: () => log,
    snapshot(profileId) {
      const person = get(profileId);
      return person && toSnapshot(person, true);
    },
    ids: () => living().map(({ id }) => id),
    everIds: () => [...people.keys()],
    trim() {
      for (const person of people.values()) person.changes.length = 0;
    },
  };
  const { find, getMany, computed, changes, scan, keysOf } = made.reader;
  return {
    ...made,
    reader: {
      find: settledFirst(find),
      getMany: settledFirst(getMany),
      computed: settledFirst(computed),
      changes: settledFirst(changes),
      scan: settledFirst(scan),
      ...(keysOf && { keysOf }),
    },
    take: atOnce(made.take),
    merge: atOnce(made.merge),
    split: atOnce(made.split),
    remove: atOnce(made.remove),
  };
}
