import type { Clock } from '../../../platform/clock';
import type { Ids } from '../../../platform/ids';
import type { Store, Write } from '../../../platform/store/store';
import { type KnownPeople, toClusters } from '../domain/clusters';
import { mayCollect, type UnknownConsents } from '../domain/consents';
import { type ChangedPerson, foldCluster } from '../domain/fold-cluster';
import type { Head } from '../domain/head';
import { historyOf, type IdentityChange } from '../domain/history';
import { type Item, namesOf } from '../domain/item';
import { deletedFault, ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { isCommand } from '../domain/touch';
import type { ComputedStore } from '../store/computed-store';
import type { EventStore } from '../store/event-store';
import type { FragmentStore } from '../store/fragment-store';
import { historyWrite } from '../store/history-store';
import { itemWrites } from '../store/item-documents';
import type { PeopleReads } from '../store/people-reads';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import type { TombstoneStore } from '../store/tombstone-store';
import { toProfileChanged } from './announce';
import { computeChanges } from './compute-attributes';
import { findDuplicates } from './find-duplicates';
import { resolveForgotten } from './forget-events';
import { loadPeople } from './load-people';
import { mergeAllRecords } from './merge-records';
import { personWrites } from './person-writes';
import type { ItemOutcome, PlanItems, Submission } from './pipeline';

/** What deciding about people stands on. */
export interface PlanDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: PeopleReads;
  readonly fragments: FragmentStore;
  readonly events: EventStore;
  readonly computed: ComputedStore;
  readonly tombstones: TombstoneStore;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
  readonly unknownConsents: UnknownConsents;
}

const DAY_MS = 86_400_000;

/** Folds what came in into people: load, decide, and say what is to be written and announced. */
export function createPlanItems(dependencies: PlanDependencies): PlanItems {
  const { store, people, fragments, ids, clock, configuration, limits, tombstones, unknownConsents } = dependencies;
  return async (sandbox, submissions) => {
    const nowMs = clock.now();
    const items = submissions.flatMap((submission) => submission.items);
    const sinceMs = nowMs - limits.tombstoneDays * DAY_MS;
    // Asked for together: over a network each would be waited for.
    const [settings, duplicates, loaded, deleted, forgotten] = await Promise.all([
      configuration.settings(sandbox),
      findDuplicates(store, sandbox, submissions),
      loadPeople(people, sandbox, items),
      tombstones.find(sandbox, namesOf(items), sinceMs),
      resolveForgotten(store, sandbox, items),
    ]);
    const refused = findRefused(items, loaded, deleted, unknownConsents);
    const taken = forgotten.items.filter((item) => !duplicates.items.has(item) && !refused.has(item));
    const folded = foldItems(dependencies, settings, taken, loaded, nowMs);
    const idle = { namespaces: settings.namespaces, nowMs };
    const [persons, records, computed] = await Promise.all([
      personWrites(people, sandbox, folded.changed, loaded.profileOf, idle),
      mergeAllRecords(fragments, sandbox, folded.changed, settings),
      computeChanges(dependencies, sandbox, folded.changed, settings, nowMs, forgotten.leaving),
    ]);
    const profileOf = (key: string): string | undefined => folded.moved.get(key) ?? loaded.profileOf.get(key);
    const outcomes = items.map((item) => toOutcome(item, duplicates.items, refused, profileOf));
    const answers = splitBy(submissions, outcomes);
    return {
      writes: [
        ...persons.writes,
        ...[...records.values()].flatMap((merged) => merged.fragments.map(fragments.toWrite)),
        ...[...computed.values()].flatMap(({ writes }) => writes),
        ...itemWrites(submissions, new Set(taken)),
        ...duplicates.writes,
        ...forgotten.writes,
        ...folded.history.map((change) => historyWrite(ids.next(), change, nowMs)),
        ...submissions.flatMap(({ also }, index): readonly Write[] => also?.(answers[index] ?? []) ?? []),
      ],
      entries: folded.changed.map((one) => {
        const { attributes } = records.get(one) ?? {};
        return toProfileChanged(one, { attributes, computed: computed.get(one)?.told }, nowMs);
      }),
      changed: folded.changed,
      quiet: persons.quiet,
      result: answers,
    };
  };
}

interface FoldedItems {
  readonly changed: readonly ChangedPerson[];
  readonly history: readonly IdentityChange[];
  /** Identity key → profile id, of those whose profile may be another than before. */
  readonly moved: ReadonlyMap<string, string>;
}

function foldItems(
  { limits, ids }: PlanDependencies,
  { namespaces }: ProfileSettings,
  taken: readonly Item[],
  loaded: KnownPeople,
  nowMs: number,
): FoldedItems {
  const rules = { namespaces, identitiesPerGraph: limits.identitiesPerGraph, nowMs, newId: ids.next };
  const changed: ChangedPerson[] = [];
  const history: IdentityChange[] = [];
  const moved = new Map<string, string>();
  const shown = taken.filter(({ enabled }) => enabled);
  for (const cluster of toClusters(shown, loaded)) {
    const folded = foldCluster(cluster, rules);
    for (const one of folded.changed) changed.push(one);
    for (const [key, id] of folded.profileOf) moved.set(key, id);
    if (!folded.regrouped) continue;
    for (const change of historyOf(cluster, folded)) history.push(change);
  }
  return { changed, history, moved };
}

function findRefused(
  items: readonly Item[],
  { profileOf, people }: KnownPeople,
  deleted: ReadonlyMap<string, number>,
  unknown: UnknownConsents,
): ReadonlyMap<Item, ItemFault> {
  const refused = new Map<Item, ItemFault>();
  const headsOf = ({ identities }: Item): readonly Head[] =>
    identities.flatMap(({ key }) => people.get(profileOf.get(key) ?? '')?.head ?? []);
  for (const item of items) {
    if (isCommand(item)) continue;
    const isCollected = item.kind === 'EVENT' || item.kind === 'SIGHTING';
    if (deleted.size > 0 && item.identities.some(({ key }) => item.atMs <= (deleted.get(key) ?? -1))) {
      refused.set(item, deletedFault());
    } else if (isCollected && !mayCollect(headsOf(item), unknown)) {
      refused.set(item, new ItemFault('CONSENT_DENIED', '', 'The person does not agree that data is collected.'));
    }
  }
  return refused;
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
