import type { DeviceGraphInUse, DeviceLink } from '../domain/device-graph';
import type { IdentityState, Link, Person } from '../domain/head';
import { endsOf } from '../domain/identity-graph';
import { joinUnits, type Unit } from '../domain/join-units';
import type { Limits } from '../domain/limits';
import type { PolicyInUse } from '../domain/merge-policy';
import { restrictTo, viewId } from '../domain/view';
import type { DeviceLinkStore } from '../store/device-link-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { ProfileReads } from './read-profiles';

/** How people are seen by merge policies that follow a device graph (S-19). */
export interface Views {
  /**
   * The person together with those whom the policy's device graph joins with them at `nowMs`; the person as they are where
   * it names none. Absent policy: the default one.
   */
  view(sandbox: string, person: Person, nowMs: number, policy?: PolicyInUse): Promise<Person>;
  /** The people with these ids, so seen, in the order asked. */
  byIds(
    sandbox: string,
    ids: readonly string[],
    nowMs: number,
    policy?: PolicyInUse,
  ): Promise<readonly (Person | undefined)[]>;
}

export interface ViewDependencies {
  readonly reads: ProfileReads;
  readonly configuration: ProfileConfiguration;
  readonly deviceLinks: DeviceLinkStore;
  readonly limits: Limits;
}

/** A person, or as much of them as the policy does not part. */
interface PersonUnit extends Unit {
  readonly person: Person;
  readonly identities: readonly IdentityState[];
}

// So many times the identities of a graph are looked at to find who is joined, at the most.
const MOST_LOOKED_AT = 10;

/** Reads along the links with each question: what is imported, ends or is switched shows at once. */
export function createViews(dependencies: ViewDependencies): Views {
  const { reads, configuration, limits } = dependencies;
  const view: Views['view'] = async (sandbox, person, nowMs, policy) => {
    const { deviceGraphs, defaultPolicy, namespaces } = await configuration.settings(sandbox);
    const { deviceGraph = '', identityGraph } = policy ?? defaultPolicy;
    const graph = deviceGraphs.get(deviceGraph);
    if (!graph) return person;
    const start = { id: person.id, identities: person.head.identities, person };
    const search = { sandbox, graph, nowMs, isStitched: identityGraph === 'STITCHED' };
    const { others, links } = await findNear(dependencies, search, start);
    if (links.length === 0) return person;
    const joined = joinUnits(start, others, links, { namespaces, identitiesPerGraph: limits.identitiesPerGraph });
    const people = joined.units.map((unit) => unit.person);
    return { ...person, head: { ...person.head, ...headOf(people) }, deviceLinks: joined.links };
  };
  return {
    view,
    async byIds(sandbox, ids, nowMs, policy) {
      const found = await reads.byIds(sandbox, ids);
      return Promise.all(found.map((person) => person && view(sandbox, person, nowMs, policy)));
    },
  };
}

interface Search {
  readonly sandbox: string;
  readonly graph: DeviceGraphInUse;
  readonly nowMs: number;
  /** False: each identity is looked at by itself. */
  readonly isStitched: boolean;
}

/** Everybody whom links lead to from the unit, whether they are to be followed or not. */
async function findNear(
  { reads, deviceLinks, limits }: ViewDependencies,
  { sandbox, graph, nowMs, isStitched }: Search,
  start: PersonUnit,
): Promise<{ readonly others: readonly PersonUnit[]; readonly links: readonly DeviceLink[] }> {
  const seen = new Set(start.identities.map(({ key }) => key));
  const others = new Map<string, PersonUnit>();
  const links = new Map<string, DeviceLink>();
  for (let fresh = [...seen]; fresh.length > 0 && seen.size < MOST_LOOKED_AT * limits.identitiesPerGraph; ) {
    const ends = new Set<string>();
    for (const { links: meeting } of await deviceLinks.load(sandbox, graph, fresh)) {
      for (const [other, link] of meeting) {
        if (link.untilMs <= nowMs) continue;
        links.set(endsOf(link), link);
        if (!seen.has(other)) ends.add(other);
      }
    }
    fresh = [...ends].sort();
    const having = await reads.having(sandbox, fresh);
    for (const key of ends) {
      const unit = toUnit(having.get(key), key, isStitched);
      if (!unit || unit.id === start.id || others.has(unit.id)) continue;
      others.set(unit.id, unit);
      for (const identity of unit.identities) if (!ends.has(identity.key)) fresh.push(identity.key);
    }
    for (const key of fresh) seen.add(key);
  }
  return { others: [...others.values()], links: [...links.values()] };
}

function toUnit(person: Person | undefined, key: string, isStitched: boolean): PersonUnit | undefined {
  const shown = person && (isStitched ? person : restrictTo(person, viewId(person.id, key)));
  return shown && { id: shown.id, identities: shown.head.identities, person: shown };
}

function headOf(people: readonly Person[]): Pick<Person['head'], 'identities' | 'links'> {
  const identities = new Map<string, IdentityState>();
  const links = new Map<string, Link>();
  for (const { head } of people) {
    for (const identity of head.identities) identities.set(identity.key, identity);
    for (const link of head.links) links.set(`${link.dataset}\n${endsOf(link)}`, link);
  }
  return { identities: [...identities.values()], links: [...links.values()] };
}
