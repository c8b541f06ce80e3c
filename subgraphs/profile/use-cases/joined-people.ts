import type { DeviceGraphInUse } from '../domain/device-graph';
import type { Person } from '../domain/head';
import type { Limits } from '../domain/limits';
import type { DeviceLinkStore } from '../store/device-link-store';
import type { PeopleReads } from '../store/people-reads';

/** What following the links of a device graph stands on. */
export interface JoinedPeopleDependencies {
  readonly deviceLinks: DeviceLinkStore;
  readonly people: PeopleReads;
  readonly limits: Limits;
}

// As far as views look: so many times the identities of a graph.
const MOST_LOOKED_AT = 10;

/**
 * Everybody whom links of the graph that hold at `nowMs` lead to from these identities, by id: whoever a view of theirs
 * may show, and perhaps some more, as not all links are followed.
 */
export async function findJoinedPeople(
  { deviceLinks, people, limits }: JoinedPeopleDependencies,
  sandbox: string,
  graph: DeviceGraphInUse,
  keys: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, Person>> {
  const seen = new Set(keys);
  const found = new Map<string, Person>();
  for (
    let fresh = [...seen];
    fresh.length > 0 && seen.size < MOST_LOOKED_AT * limits.identitiesPerGraph + keys.length;
  ) {
    const ends = new Set<string>();
    for (const { links } of await deviceLinks.load(sandbox, graph, fresh))
      for (const [other, { untilMs }] of links) if (untilMs > nowMs && !seen.has(other)) ends.add(other);
    for (const [id, person] of (await people.find(sandbox, ends)).people) {
      found.set(id, person);
      for (const { key } of person.head.identities) if (!seen.has(key)) ends.add(key);
    }
    fresh = [...ends];
    for (const key of fresh) seen.add(key);
  }
  return found;
}
