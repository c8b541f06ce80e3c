import type { Cause, ProfileChanged } from '../../../flow/events';
import type { Clock } from '../../../platform/clock';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Write } from '../../../platform/store/store';
import type { DeviceGraphInUse } from '../domain/device-graph';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Person } from '../domain/head';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import { toProfileChanged } from './announce';
import { findJoinedPeople, type JoinedPeopleDependencies } from './joined-people';
import { headWrite } from './person-writes';
import type { Plan } from './plan';
import { SEEN_ANEW_JOB } from './refresh-people';

/** A plan with what else follows from it for those who are seen together. */
export type ExtendPlan = <T>(sandbox: string, plan: Plan<T>) => Promise<Plan<T>>;

export interface ExtendPlanDependencies extends JoinedPeopleDependencies {
  readonly configuration: ProfileConfiguration;
  readonly clock: Clock;
}

/** Identities of a plan whose views may be others now, and why. */
interface Start {
  readonly keys: readonly string[];
  readonly cause: Cause;
}

/**
 * While the default merge policy follows a device graph (S-19), whoever is seen together with a changed person changes
 * with them, in the same commit: they are announced as rebuilt, to be read anew.
 */
export function createExtendPlan(dependencies: ExtendPlanDependencies): ExtendPlan {
  const { configuration } = dependencies;
  return async (sandbox, plan) => {
    if (plan.changed.length === 0 && !plan.relinked) return plan;
    const settings = await configuration.settings(sandbox);
    const graph = settings.deviceGraphs.get(settings.defaultPolicy.deviceGraph ?? '');
    return graph ? extend(dependencies, sandbox, plan, graph, settings) : withRebuilt(plan, isSeenAnew);
  };
}

async function extend<T>(
  dependencies: ExtendPlanDependencies,
  sandbox: string,
  plan: Plan<T>,
  graph: DeviceGraphInUse,
  settings: ProfileSettings,
): Promise<Plan<T>> {
  const { deviceLinks, clock } = dependencies;
  const nowMs = clock.now();
  const own = new Map(plan.changed.map((one) => [one.id, one]));
  const linked = await findLinked(deviceLinks, sandbox, graph, plan.changed, nowMs);
  const starts = [
    ...toStarts(plan, linked),
    ...(plan.relinked ?? []).filter(({ linksId }) => linksId === graph.linksId),
  ];
  const near = new Map<string, Person & { readonly cause: Cause }>();
  for (const { keys, cause } of starts) {
    const joined = await findJoinedPeople(dependencies, sandbox, graph, keys, nowMs);
    for (const person of [...(await ownersOf(dependencies, sandbox, keys)), ...joined.values()]) {
      const isLiving = person.head.endedIn === undefined;
      if (isLiving && !own.has(person.id) && !near.has(person.id)) near.set(person.id, { ...person, cause });
    }
  }
  const quiet = new Map((plan.quiet ?? []).map((person) => [person.id, person]));
  const rebuilt = [...near.values()].map((person) => toRebuilt(quiet.get(person.id) ?? person));
  const extended = withRebuilt(plan, (one) => linked.has(one) || isSeenAnew(one));
  return {
    ...extended,
    writes: lastOfEach([
      ...plan.writes,
      ...rebuilt.map((one) => headWrite(one, { namespaces: settings.namespaces, nowMs: lastSeenMs(one) })),
    ]),
    entries: [
      ...extended.entries,
      ...rebuilt.map((one) => toProfileChanged(one, { cause: near.get(one.id)?.cause }, nowMs)),
    ],
    changed: [...extended.changed, ...rebuilt],
    quiet: [...quiet.values()].filter(({ id }) => !near.has(id)),
  };
}

/** Those of the changed people of whom any identity has a link. */
async function findLinked(
  deviceLinks: ExtendPlanDependencies['deviceLinks'],
  sandbox: string,
  graph: DeviceGraphInUse,
  changed: readonly ChangedPerson[],
  nowMs: number,
): Promise<ReadonlySet<ChangedPerson>> {
  const meeting = await deviceLinks.load(sandbox, graph, [...new Set(changed.flatMap(keysOf))]);
  const keys = new Set(
    meeting.flatMap(({ key, links }) => ([...links.values()].some(({ untilMs }) => untilMs > nowMs) ? [key] : [])),
  );
  return new Set(changed.filter((one) => keysOf(one).some((key) => keys.has(key))));
}

function toStarts<T>({ changed, entries }: Plan<T>, linked: ReadonlySet<ChangedPerson>): readonly Start[] {
  const causes = new Map(entries.map(({ key, body }) => [key, (body as ProfileChanged).cause]));
  return changed.flatMap((one) => {
    const cause = causes.get(one.id);
    return linked.has(one) && cause ? [{ keys: keysOf(one), cause }] : [];
  });
}

async function ownersOf(
  { people }: ExtendPlanDependencies,
  sandbox: string,
  keys: readonly string[],
): Promise<readonly Person[]> {
  return [...(await people.find(sandbox, keys)).people.values()];
}

// Also what was theirs until now.
function keysOf({ before, head }: ChangedPerson): readonly string[] {
  return [...(before?.identities ?? []), ...head.identities].map(({ key }) => key);
}

/** The default policy may have followed another graph, or none, before; that one may be no more. */
function isSeenAnew({ items }: ChangedPerson): boolean {
  return items.some(({ kind, id }) => kind === 'REFRESH' && id === SEEN_ANEW_JOB);
}

function withRebuilt<T>(plan: Plan<T>, isRebuilt: (one: ChangedPerson) => boolean): Plan<T> {
  const ids = new Set(plan.changed.flatMap((one) => (isRebuilt(one) ? [one.id] : [])));
  if (ids.size === 0) return plan;
  return {
    ...plan,
    changed: plan.changed.map((one) => (ids.has(one.id) ? { ...one, rebuilt: true } : one)),
    entries: plan.entries.map((entry) => (ids.has(entry.key) ? toRebuiltEntry(entry) : entry)),
  };
}

function toRebuiltEntry({ json: _, ...entry }: NewLogEntry): NewLogEntry {
  const body = entry.body as ProfileChanged;
  return body.endedIn === undefined ? { ...entry, body: { ...body, rebuilt: true } } : entry;
}

function toRebuilt({ id, version, head }: Person): ChangedPerson {
  const next = { ...head, revision: head.revision + 1 };
  return { id, version, before: head, head: next, items: [], gained: [], merged: [], split: false, rebuilt: true };
}

// Being seen with somebody is no sign of life.
function lastSeenMs({ head }: Person): number {
  return head.identities.reduce((last, identity) => Math.max(last, identity.lastSeenMs), 0);
}

function lastOfEach(writes: readonly Write[]): readonly Write[] {
  return [...new Map(writes.map((write) => [`${write.collection} ${write.id}`, write])).values()];
}
