import type { Cluster } from './clusters';
import { type ChangedPerson, type FoldedCluster, type FoldRules, regroup, touchAll } from './fold-cluster';
import type { Head, IdentityState } from './head';

/** What a cluster came to when it was made anew. */
export interface RebuiltCluster extends FoldedCluster {
  /** Identities that nobody has any more. */
  readonly lost: readonly string[];
}

/**
 * Makes the people of a cluster anew from all the items that they are made of. What no item brings, consents and cuts,
 * stays with its identity. Everybody is among the changed.
 */
export function rebuildCluster({ people, items }: Cluster, rules: FoldRules): RebuiltCluster {
  const draft = touchAll({ people: [], items });
  const identities = new Map(draft.identities);
  for (const { head } of people) {
    for (const known of head.identities) {
      const next = carry(known, identities.get(known.key));
      if (next) identities.set(known.key, next);
    }
  }
  const touched = new Set(identities.keys());
  const surviving = people.map((person) => ({ ...person, head: without(person.head, identities) }));
  const folded = regroup(
    { people: surviving, items },
    { identities, links: draft.links, touched, joined: false, regroup: true },
    rules,
  );
  const before = new Map(people.map(({ id, head }) => [id, head]));
  const changed = folded.changed.map((one) => withPast(one, before.get(one.id)));
  const known = people.flatMap(({ head }) => head.identities.map(({ key }) => key));
  return { ...folded, changed, lost: known.filter((key) => !identities.has(key)) };
}

/** True when a profile was made anew as it was. */
export function isAsBefore({ before, head }: ChangedPerson): boolean {
  if (!before || head.endedIn !== undefined) return false;
  return toText(before) === toText(head);
}

function carry(known: IdentityState, made: IdentityState | undefined): IdentityState | undefined {
  const { key, consents, cutAtMs } = known;
  const kept = { consents, ...(cutAtMs === undefined ? {} : { cutAtMs }) };
  if (made) return { ...made, ...kept };
  if (consents.length === 0) return undefined;
  const times = consents.map(({ atMs }) => atMs);
  const seen = { stateAtMs: 0, firstSeenMs: Math.min(...times), lastSeenMs: Math.max(...times) };
  return { key, state: 'AMBIGUOUS', ...seen, events: 0, datasets: [], ...kept };
}

// A profile goes on with the best of the identities that are left to it.
function without(head: Head, identities: ReadonlyMap<string, IdentityState>): Head {
  return { ...head, identities: head.identities.filter(({ key }) => identities.has(key)) };
}

function withPast(changed: ChangedPerson, before: Head | undefined): ChangedPerson {
  return { ...changed, items: [], ...(before ? { before } : {}), rebuilt: changed.head.endedIn === undefined };
}

function toText({ identities, links }: Head): string {
  const rows = [...identities, ...links].map((each) => JSON.stringify(Object.entries(each).sort()));
  return rows.sort().join('\n');
}
