import type { Cause } from '../../../flow/events';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Write } from '../../../platform/store/store';
import { allClusters, type KnownPeople } from '../domain/clusters';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Person } from '../domain/head';
import { historyOf, type RebuildCause } from '../domain/history';
import type { Item } from '../domain/item';
import { isAsBefore, rebuildCluster } from '../domain/rebuild-cluster';
import { eventsSpec, identitiesSpec, recordsSpec } from '../store/collections';
import { historyWrite } from '../store/history-store';
import type { ItemRow } from '../store/item-documents';
import type { ItemStore } from '../store/item-store';
import type { ProfileSettings } from '../store/profile-configuration';
import { eventToItem, recordToItem } from '../store/to-item';
import { toProfileChanged } from './announce';
import { loadPeopleOf } from './load-people';
import { personWrites } from './person-writes';
import type { Plan } from './plan';
import type { PlanDependencies } from './plan-items';
import { rebuildContents } from './rebuilt-contents';

export interface RebuildDependencies extends PlanDependencies {
  readonly items: ItemStore;
}

/** Whose past is to be made anew, and why. */
export interface Rebuild {
  readonly sandbox: string;
  readonly owners: Iterable<string>;
  /** Keys of events and records that are left out, as they are removed in the same commit. */
  readonly removed: ReadonlySet<string>;
  /** Events and records that come in addition, as the same commit makes them show. */
  readonly added?: readonly Item[];
  readonly cause: Cause;
}

/**
 * Makes people anew from the items that are kept of them: as if these, and no others, had come. Links, attributes,
 * computed attributes and whose each event is follow from the present configuration.
 */
export async function planRebuild(dependencies: RebuildDependencies, rebuild: Rebuild): Promise<Plan<void>> {
  const { people, configuration, limits, ids, clock } = dependencies;
  const { sandbox, cause } = rebuild;
  const nowMs = clock.now();
  const settings = await configuration.settings(sandbox);
  const { loaded, rows } = await loadAll(dependencies, settings, rebuild);
  const { namespaces } = settings;
  const rules = { namespaces, identitiesPerGraph: limits.identitiesPerGraph, nowMs, newId: ids.next };
  const writes: Write[] = [...rows.writes];
  const entries: NewLogEntry[] = [];
  const changed: ChangedPerson[] = [];
  const quiet: Person[] = [];
  for (const cluster of allClusters(rows.items, loaded)) {
    const rebuilt = rebuildCluster(cluster, rules);
    const known = cluster.people.flatMap(({ head }) => head.identities);
    const contents = await rebuildContents(
      dependencies,
      sandbox,
      { known, items: cluster.items, moved: rows.moved },
      settings,
    );
    const isMoved = ({ head }: ChangedPerson): boolean =>
      head.identities.some(({ key }) => contents.changed.has(key) || rows.moved.has(key));
    const told = rebuilt.changed.filter((one) => !isAsBefore(one) || isMoved(one));
    const persons = await personWrites(people, sandbox, told, loaded.profileOf, { namespaces, nowMs });
    writes.push(...contents.writes, ...persons.writes);
    quiet.push(...persons.quiet);
    for (const key of rebuilt.lost) writes.push({ kind: 'delete', collection: identitiesSpec.name, id: key });
    for (const one of told) {
      changed.push(one);
      entries.push(toProfileChanged(one, { cause, ...contents.tell(one, nowMs) }, nowMs));
    }
    for (const change of historyOf({ ...cluster, items: [] }, rebuilt, toHistoryCause(cause))) {
      writes.push(historyWrite(ids.next(), change, nowMs));
    }
  }
  return { writes, entries, changed, quiet, result: undefined };
}

function toHistoryCause({ kind, reference }: Cause): RebuildCause {
  return { cause: kind === 'IMPORT' ? 'BATCH' : 'CONFIGURATION', ...(reference === undefined ? {} : { reference }) };
}

// By the present configuration items may also name people whom no link led to.
async function loadAll(
  dependencies: RebuildDependencies,
  settings: ProfileSettings,
  { sandbox, owners, removed, added = [] }: Rebuild,
): Promise<{ readonly loaded: KnownPeople; readonly rows: LoadedRows }> {
  const asked = new Set(owners);
  for (;;) {
    const loaded = await loadPeopleOf(dependencies.people, sandbox, asked);
    const kept = await loadRows(dependencies, settings, sandbox, loaded, removed);
    const rows = withAdded(kept, added);
    const named = rows.items.flatMap(({ identities }) => identities.map(({ key }) => key));
    const unknown = [...new Set(named)].filter((key) => !loaded.profileOf.has(key) && !asked.has(key));
    if (unknown.length === 0) return { loaded, rows };
    for (const key of unknown) asked.add(key);
    const found = await dependencies.people.find(sandbox, unknown);
    if (found.people.size === 0) return { loaded, rows };
  }
}

function withAdded({ items, writes, moved }: LoadedRows, added: readonly Item[]): LoadedRows {
  return { items: [...items, ...added], writes, moved: new Set([...moved, ...added.map(({ owner }) => owner)]) };
}

interface LoadedRows {
  readonly items: readonly Item[];
  /** What belongs to another identity than before is written so. */
  readonly writes: readonly Write[];
  /** Identities that an event or record left or came to. */
  readonly moved: ReadonlySet<string>;
}

async function loadRows(
  { items: store, limits }: RebuildDependencies,
  { namespaces }: ProfileSettings,
  sandbox: string,
  { profileOf }: KnownPeople,
  removed: ReadonlySet<string>,
): Promise<LoadedRows> {
  const rules = { namespaces, limits };
  const { events, records } = await store.ofOwners(sandbox, [...profileOf.keys()]);
  const items: Item[] = [];
  const writes: Write[] = [];
  const moved = new Set<string>();
  const take = (
    collection: string,
    row: { id: string; version: number; value: ItemRow },
    item: Item | undefined,
  ): void => {
    const { owner } = row.value;
    if (removed.has(row.id)) {
      if (owner !== undefined) moved.add(owner);
      return;
    }
    if (!item) return;
    items.push(item);
    if (item.owner === owner) return;
    for (const key of [item.owner, owner]) if (key !== undefined) moved.add(key);
    const value = { ...row.value, owner: item.owner };
    writes.push({ kind: 'put', collection, id: row.id, value, expected: row.version });
  };
  for (const row of events) take(eventsSpec.name, row, eventToItem(row, rules));
  for (const row of records) take(recordsSpec.name, row, recordToItem(row, rules));
  return { items, writes, moved };
}
