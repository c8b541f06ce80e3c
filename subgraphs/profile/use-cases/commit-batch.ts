import type { Cause, ProfileChanged } from '../../../flow/events';
import type { Clock } from '../../../platform/clock';
import { isAppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Store, Write } from '../../../platform/store/store';
import { type KnownPeople, toClusters } from '../domain/clusters';
import { deniesCollect } from '../domain/consents';
import { type ChangedPerson, foldCluster } from '../domain/fold-cluster';
import type { Person } from '../domain/head';
import { historyOf, type IdentityChange } from '../domain/history';
import type { Item } from '../domain/item';
import { ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { eventsSpec, headsSpec, identitiesSpec, recordsSpec } from '../store/collections';
import type { FragmentStore } from '../store/fragment-store';
import { toHeadDocument } from '../store/head-document';
import { historyWrite } from '../store/history-store';
import { toItemDocument } from '../store/item-documents';
import type { PeopleStore } from '../store/people-store';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import { resolveForgotten } from './forget-events';
import { loadPeople } from './load-people';
import { type MergedRecords, mergeRecords } from './merge-records';
import type { ItemOutcome, Round, Submission } from './pipeline';

/** What a round stands on. */
export interface RoundDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: PeopleStore;
  readonly fragments: FragmentStore;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
  /** Told of every change after it is there for good. */
  readonly onCommitted: (sandbox: string, changed: readonly ChangedPerson[]) => void;
}

const MOST_TRIES = 100;

/**
 * Folds what came in into people and commits it with what it announces. When another process was faster, everything is
 * loaded and decided again.
 */
export function createRound(dependencies: RoundDependencies): Round {
  const { store, people } = dependencies;
  return async (sandbox, submissions) => {
    for (let tries = 1; ; tries += 1) {
      const plan = await planRound(dependencies, sandbox, submissions);
      try {
        await store.commit({ sandbox, writes: plan.writes, entries: plan.entries });
      } catch (error) {
        people.forget(sandbox);
        if (!isAppError(error, 'CONFLICT') || tries >= MOST_TRIES) throw error;
        continue;
      }
      people.committed(sandbox, plan.people, plan.owners);
      dependencies.onCommitted(sandbox, plan.changed);
      return plan.answers;
    }
  };
}

interface RoundPlan {
  readonly writes: readonly Write[];
  readonly entries: readonly NewLogEntry[];
  readonly changed: readonly ChangedPerson[];
  readonly people: readonly Person[];
  readonly owners: readonly (readonly [string, string])[];
  readonly answers: readonly (readonly ItemOutcome[])[];
}

async function planRound(
  dependencies: RoundDependencies,
  sandbox: string,
  submissions: readonly Submission[],
): Promise<RoundPlan> {
  const settings = await dependencies.configuration.settings(sandbox);
  const items = submissions.flatMap((submission) => submission.items);
  const duplicates = await findDuplicates(dependencies.store, sandbox, items);
  const loaded = await loadPeople(dependencies.people, sandbox, items);
  const refused = refusedByConsent(items, loaded);
  const forgotten = await resolveForgotten(dependencies.store, sandbox, items);
  const taken = forgotten.items.filter((item) => !duplicates.has(item) && !refused.has(item));
  const changed: ChangedPerson[] = [];
  const history: IdentityChange[] = [];
  const moved = new Map<string, string>();
  const profileOf = (key: string): string | undefined => moved.get(key) ?? loaded.profileOf.get(key);
  const { namespaces } = settings;
  const { limits, ids, clock } = dependencies;
  const nowMs = clock.now();
  const rules = { namespaces, identitiesPerGraph: limits.identitiesPerGraph, nowMs, newId: ids.next };
  for (const cluster of toClusters(
    taken.filter(({ enabled }) => enabled),
    loaded,
  )) {
    const folded = foldCluster(cluster, rules);
    for (const one of folded.changed) changed.push(one);
    if (folded.regrouped && cluster.people.length > 0)
      for (const change of historyOf(cluster, folded)) history.push(change);
    for (const [key, id] of folded.profileOf) moved.set(key, id);
  }
  const records = await mergeAllRecords(dependencies.fragments, sandbox, changed, settings);
  const outcomes = items.map((item) => toOutcome(item, duplicates, refused, profileOf));
  const answers = splitBy(submissions, outcomes);
  return {
    writes: [
      ...changed.flatMap((one) => personWrites(one, loaded, dependencies.fragments, records.get(one))),
      ...taken.flatMap(itemWrite),
      ...forgotten.writes,
      ...history.map((change) => historyWrite(ids.next(), change, nowMs)),
      ...submissions.flatMap((submission, index) => submission.also?.(answers[index] ?? []) ?? []),
    ],
    changed,
    entries: changed.map((one) => toEntry(one, records.get(one), nowMs)),
    people: changed.map(({ id, version, head }) => ({ id, version: version + 1, head })),
    owners: changed.flatMap(({ id, gained }) => gained.map((key) => [key, id] as const)),
    answers,
  };
}

async function findDuplicates(store: Store, sandbox: string, items: readonly Item[]): Promise<ReadonlySet<Item>> {
  const duplicates = new Set<Item>();
  for (const [kind, collection] of [
    ['EVENT', eventsSpec.name],
    ['RECORD', recordsSpec.name],
  ] as const) {
    const first = new Map<string, Item>();
    for (const item of items) {
      if (item.kind !== kind) continue;
      if (first.has(item.key)) duplicates.add(item);
      else first.set(item.key, item);
    }
    if (first.size === 0) continue;
    const found = await store.collection(collection).getMany(sandbox, [...first.keys()]);
    for (const known of found) {
      const item = known && first.get(known.id);
      if (item) duplicates.add(item);
    }
  }
  return duplicates;
}

function refusedByConsent(items: readonly Item[], { profileOf, people }: KnownPeople): ReadonlyMap<Item, ItemFault> {
  const refused = new Map<Item, ItemFault>();
  for (const item of items) {
    if (item.kind !== 'EVENT' && item.kind !== 'SIGHTING') continue;
    const denied = item.identities.some(({ key }) => {
      const person = people.get(profileOf.get(key) ?? '');
      return person && deniesCollect(person.head.identities);
    });
    if (denied) {
      refused.set(item, new ItemFault('CONSENT_DENIED', '', 'The person does not agree that data is collected.'));
    }
  }
  return refused;
}

async function mergeAllRecords(
  fragments: FragmentStore,
  sandbox: string,
  changed: readonly ChangedPerson[],
  { datasets, defaultPolicy }: ProfileSettings,
): Promise<ReadonlyMap<ChangedPerson, MergedRecords>> {
  const concerned = changed.filter(({ items, rebuilt }) => rebuilt || items.some(({ kind }) => kind === 'RECORD'));
  const identities = concerned.flatMap(({ before, head }) => [...(before?.identities ?? []), ...head.identities]);
  const known = await fragments.load(sandbox, withoutTwice(identities));
  const isEnabled = (dataset: string): boolean => datasets.get(dataset)?.profileEnabled ?? false;
  return new Map(concerned.map((one) => [one, mergeRecords(one, known, defaultPolicy, isEnabled)]));
}

function withoutTwice(identities: ChangedPerson['head']['identities']): ChangedPerson['head']['identities'] {
  return [...new Map(identities.map((identity) => [identity.key, identity])).values()];
}

function toOutcome(
  item: Item,
  duplicates: ReadonlySet<Item>,
  refused: ReadonlyMap<Item, ItemFault>,
  profileOf: (key: string) => string | undefined,
): ItemOutcome {
  const profileId = profileOf(item.owner);
  const whose = profileId ? { profileId } : {};
  const fault = refused.get(item);
  if (fault) return { status: 'REJECTED', fault, ...whose };
  return { status: duplicates.has(item) ? 'DUPLICATE' : 'ACCEPTED', ...whose };
}

function splitBy(submissions: readonly Submission[], outcomes: readonly ItemOutcome[]) {
  let start = 0;
  return submissions.map(({ items }) => {
    const own = outcomes.slice(start, start + items.length);
    start += items.length;
    return own;
  });
}

function personWrites(
  { id, version, head, gained }: ChangedPerson,
  { profileOf }: KnownPeople,
  fragments: FragmentStore,
  records: MergedRecords | undefined,
): readonly Write[] {
  const identity = (key: string): Write => {
    const write = { kind: 'put', collection: identitiesSpec.name, id: key, value: { profileId: id } } as const;
    // The heads of both people guard an identity that moves.
    return profileOf.has(key) ? write : { ...write, expected: null };
  };
  return [
    {
      kind: 'put',
      collection: headsSpec.name,
      id,
      value: toHeadDocument(head, undefined),
      expected: version === 0 ? null : version,
    },
    ...gained.map(identity),
    ...(records?.fragments ?? []).map(fragments.toWrite),
  ];
}

function itemWrite(item: Item): readonly Write[] {
  if (item.kind !== 'EVENT' && item.kind !== 'RECORD') return [];
  const collection = item.kind === 'EVENT' ? eventsSpec.name : recordsSpec.name;
  return [{ kind: 'put', collection, id: item.key, ...toItemDocument(item), expected: null }];
}

function toEntry(changed: ChangedPerson, records: MergedRecords | undefined, nowMs: number): NewLogEntry {
  const { id, head, items, rebuilt } = changed;
  const events = items.filter(({ kind }) => kind === 'EVENT');
  const body: ProfileChanged = {
    profileId: id,
    revision: head.revision,
    atMs: nowMs,
    cause: causeOf(changed),
    events: events.map(({ key, atMs, data }) => ({ key, timestampMs: atMs, data })),
    ...(records?.attributes ? { attributes: records.attributes } : {}),
    ...(rebuilt ? { rebuilt } : {}),
    ...(head.endedIn === undefined ? {} : { endedIn: head.endedIn }),
  };
  return { stream: 'ProfileChanged', key: id, id: `${id}|${head.revision}`, at: nowMs, body };
}

function causeOf({ items, gained, merged, split, rebuilt, head }: ChangedPerson): Cause {
  const last = items.at(-1);
  const reference = last ? { reference: last.key } : {};
  if (merged.length > 0 || head.endedIn !== undefined || (rebuilt && !split && gained.length > 0)) {
    return { kind: 'MERGE', ...reference };
  }
  if (split || rebuilt) return { kind: 'SPLIT', ...reference };
  return { kind: last?.kind === 'EVENT' ? 'EVENT' : 'RECORD', ...reference };
}
