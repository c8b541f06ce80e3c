import type { Cluster } from './clusters';
import type { Head, IdentityState, Link, Person } from './head';
import { type ItemIdentity, namespaceOf } from './identity';
import { canBeOne, compareText, endsOf, type GraphRules, resolveIdentityGraph } from './identity-graph';
import type { Item } from './item';
import { commandIdentity, isCommand, touchIdentity, touchLink } from './touch';

/** A profile that a batch changed, or that it ended (`head.endedIn` is set). */
export interface ChangedPerson {
  readonly id: string;
  /** The version that must still be there; 0: none. */
  readonly version: number;
  readonly before?: Head;
  readonly head: Head;
  /** The events, records and requests to compute of the batch that belong to it, in order of arrival. */
  readonly items: readonly Item[];
  /** The identities that it did not have before. */
  readonly gained: readonly string[];
  /** Profiles that became part of this one. */
  readonly merged: readonly string[];
  /** True when it lost an identity to another profile. */
  readonly split: boolean;
  /** True when its past changed: it gained an identity of another profile, or lost one. */
  readonly rebuilt: boolean;
}

/** What a cluster came to. */
export interface FoldedCluster {
  readonly changed: readonly ChangedPerson[];
  /** Identity key → profile id, for all identities whose profile may be another than before. */
  readonly profileOf: ReadonlyMap<string, string>;
  /** Links that do not count because they would break a unique namespace. */
  readonly dropped: readonly Link[];
  /** Identities that left their graph at its limit. */
  readonly evicted: readonly string[];
  /** True when who belongs together was decided anew. */
  readonly regrouped: boolean;
}

/** What folding needs of the outside. */
export interface FoldRules extends GraphRules {
  readonly nowMs: number;
  readonly newId: () => string;
}

/** Folds the items of a cluster into its people. Pure, but for the ids of new profiles. */
export function foldCluster(cluster: Cluster, rules: FoldRules): FoldedCluster {
  const [only] = cluster.people;
  if (only && cluster.people.length === 1 && cluster.items.every(isAlone)) return touchAlone(only, cluster.items);
  const draft = touchAll(cluster);
  if (only && !draft.regroup)
    return stayingTogether(only, cluster.items, [...draft.identities.values()], [...draft.links.values()]);
  return regroup(cluster, draft, rules);
}

/** Decides who belongs together, and what became of each profile. */
export function regroup(cluster: Cluster, draft: Draft, rules: FoldRules): FoldedCluster {
  const { graphs, dropped, evicted } = graphsOf(draft, rules);
  const isOne = graphs.length === 1 && cluster.people.length < 2;
  const anchors = isOne ? NO_ANCHORS : anchorsOf(cluster, rules);
  const ids = assignIds(graphs, cluster.people, anchors, rules);
  const profileOf = new Map<string, string>();
  graphs.forEach((graph, index) => {
    for (const key of graph) profileOf.set(key, ids[index] ?? '');
  });
  const changed = toChanged(cluster, draft, profileOf, { ...rules, anchors });
  return { changed, profileOf, dropped, evicted, regrouped: draft.regroup };
}

// Nearly all items: they hold one identity of one person, and change nothing about who belongs together.
function isAlone({ identities, kind }: Item): boolean {
  return identities.length === 1 && kind !== 'CUT';
}

function touchAlone(person: Person, items: readonly Item[]): FoldedCluster {
  const identities = [...person.head.identities];
  for (const item of items) {
    const [sighting] = item.identities;
    const index = identities.findIndex(({ key }) => key === sighting?.key);
    const known = identities[index];
    if (sighting && known) identities[index] = touch(known, sighting, item);
  }
  return stayingTogether(person, items, identities, person.head.links);
}

function stayingTogether(
  { id, version, head }: Person,
  items: readonly Item[],
  identities: readonly IdentityState[],
  links: readonly Link[],
): FoldedCluster {
  const next: Head = { revision: head.revision + 1, createdAtMs: head.createdAtMs, identities, links };
  const changed = { id, version, before: head, head: next, items: items.filter(isData), ...UNMOVED };
  return { changed: [changed], profileOf: NOBODY_MOVED, dropped: [], evicted: [], regrouped: false };
}

const NOBODY_MOVED: ReadonlyMap<string, string> = new Map();

function touch(known: IdentityState, sighting: ItemIdentity, item: Item): IdentityState {
  return isCommand(item) ? commandIdentity(known, item) : touchIdentity(known, sighting, item);
}

/** The identities and links of a cluster with its items in them. */
export interface Draft {
  readonly identities: ReadonlyMap<string, IdentityState>;
  readonly links: ReadonlyMap<string, Link>;
  /** Identities that changed, or a link of theirs did. */
  readonly touched: ReadonlySet<string>;
  /** True when links join all of them, those that do not count included. */
  readonly joined: boolean;
  /** True when who belongs together may have changed. */
  readonly regroup: boolean;
}

/** Folds the items of a cluster into its identities and links, one after another. */
export function touchAll({ people, items }: Cluster): Draft {
  const identities = new Map<string, IdentityState>();
  const links = new Map<string, Link>();
  for (const { head } of people) {
    for (const identity of head.identities) identities.set(identity.key, identity);
    for (const link of head.links) links.set(linkId(link, link.dataset), link);
  }
  const touched = new Set<string>();
  let regroup = people.length > 1;
  for (const item of items) {
    for (const sighting of item.identities) {
      touched.add(sighting.key);
      const known = identities.get(sighting.key);
      if (known) identities.set(sighting.key, touch(known, sighting, item));
      else if (!isCommand(item)) identities.set(sighting.key, touchIdentity(undefined, sighting, item));
    }
    if (item.links.length > 0 || item.kind === 'CUT') regroup = touchLinks(links, item) || regroup;
  }
  // A cluster is what links of heads and of items join; but a command joins nobody, nor do links to who is not known.
  const isInside = ({ from, to }: Link): boolean => identities.has(from) && identities.has(to);
  const joined = !items.some(isCommand) && (people.length < 2 || [...links.values()].every(isInside));
  return { identities, links, touched, joined, regroup };
}

// True when the item links what was not linked, or cuts.
function touchLinks(links: Map<string, Link>, item: Item): boolean {
  let news = item.kind === 'CUT';
  for (const link of item.links) {
    const id = linkId(link, item.dataset);
    const known = links.get(id);
    news ||= known === undefined;
    links.set(id, touchLink(known, link, item));
  }
  return news;
}

function linkId(link: { readonly from: string; readonly to: string }, dataset: string): string {
  return `${dataset}\n${endsOf(link)}`;
}

function graphsOf({ identities, links, joined, regroup }: Draft, rules: FoldRules) {
  if (!regroup || (joined && canBeOne(identities.values(), rules)))
    return { graphs: [[...identities.keys()]], dropped: [], evicted: [] };
  return resolveIdentityGraph([...identities.values()], [...links.values()], rules);
}

// A profile goes where its best identity goes. Where several meet, the oldest stays.
function assignIds(
  graphs: readonly (readonly string[])[],
  people: readonly Person[],
  anchors: Anchors,
  rules: FoldRules,
): readonly string[] {
  const [graph] = graphs;
  const [person] = people;
  if (graphs.length === 1 && people.length === 1 && person) return [person.id];
  const claims = new Map<string, Person>();
  for (const claimant of people) {
    const anchor = anchors.get(claimant.id) ?? '';
    const known = claims.get(anchor);
    if (!known || isOlder(claimant, known)) claims.set(anchor, claimant);
  }
  if (graphs.length === 1 && graph && people.length === 0) return [rules.newId()];
  return graphs.map((keys) => {
    const claimants = keys.flatMap((key) => claims.get(key) ?? []);
    const oldest = claimants.reduce<Person | undefined>(
      (best, each) => (best && isOlder(best, each) ? best : each),
      undefined,
    );
    return oldest?.id ?? rules.newId();
  });
}

/** Profile id → the identity that it goes with. */
type Anchors = ReadonlyMap<string, string>;
const NO_ANCHORS: Anchors = new Map();

// The best identity; one that is being cut out only where there is no other.
function anchorsOf({ people, items }: Cluster, { namespaces }: FoldRules): Anchors {
  if (people.length === 0) return NO_ANCHORS;
  const cut = new Set(
    items.flatMap(({ kind, identities }) => (kind === 'CUT' ? identities.map(({ key }) => key) : [])),
  );
  const rank = ({ key }: IdentityState): number =>
    (cut.has(key) ? 1e6 : 0) + (namespaces.get(namespaceOf(key))?.priority ?? 1e5);
  const best = (a: IdentityState, b: IdentityState): IdentityState => {
    const difference = rank(a) - rank(b) || a.firstSeenMs - b.firstSeenMs || compareText(a.key, b.key);
    return difference <= 0 ? a : b;
  };
  return new Map(
    people.flatMap(({ id, head }) => (head.identities.length > 0 ? [[id, head.identities.reduce(best).key]] : [])),
  );
}

function isOlder(a: Person, b: Person): boolean {
  return a.head.createdAtMs - b.head.createdAtMs < 0 || (a.head.createdAtMs === b.head.createdAtMs && a.id < b.id);
}

function toChanged(
  cluster: Cluster,
  draft: Draft,
  profileOf: ReadonlyMap<string, string>,
  { nowMs, anchors }: FoldRules & { readonly anchors: Anchors },
): readonly ChangedPerson[] {
  const { people, items } = cluster;
  const known = new Map(people.map((person) => [person.id, person]));
  const changed: ChangedPerson[] = [];
  const live = new Set(profileOf.values());
  for (const [id, keys] of groupKeys(profileOf)) {
    const person = known.get(id);
    const moves = movesOf(id, keys, person, people, live);
    if (!moves.moved && !keys.some((key) => draft.touched.has(key))) continue;
    const { gained, merged, split, rebuilt } = moves;
    const head: Head = {
      revision: (person?.head.revision ?? 0) + 1,
      createdAtMs: person?.head.createdAtMs ?? nowMs,
      identities: keys.flatMap((key) => draft.identities.get(key) ?? []),
      links: linksOf(keys, draft),
    };
    const own = items.filter((item) => isData(item) && profileOf.get(item.owner) === id);
    const before = person ? { before: person.head } : {};
    changed.push({ id, version: person?.version ?? 0, ...before, head, items: own, gained, merged, split, rebuilt });
  }
  return [...changed, ...people.filter(({ id }) => !live.has(id)).map((person) => ended(person, profileOf, anchors))];
}

const UNMOVED = { gained: [], merged: [], split: false, rebuilt: false } as const;

function isData({ kind }: Item): boolean {
  return kind === 'EVENT' || kind === 'RECORD' || kind === 'REFRESH';
}

function groupKeys(profileOf: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const keysOf = new Map<string, string[]>();
  for (const [key, id] of profileOf) {
    const keys = keysOf.get(id);
    if (keys) keys.push(key);
    else keysOf.set(id, [key]);
  }
  return keysOf;
}

function movesOf(
  id: string,
  keys: readonly string[],
  person: Person | undefined,
  people: readonly Person[],
  live: ReadonlySet<string>,
) {
  const had = new Set(person?.head.identities.map(({ key }) => key));
  const gained = new Set(keys.filter((key) => !had.has(key)));
  const split = had.size > keys.length - gained.size;
  const givers = people.filter((other) => other.id !== id && other.head.identities.some(({ key }) => gained.has(key)));
  return {
    gained: [...gained],
    split,
    merged: givers.filter((giver) => !live.has(giver.id)).map((giver) => giver.id),
    rebuilt: split || givers.length > 0,
    moved: split || gained.size > 0,
  };
}

function linksOf(keys: readonly string[], { links }: Draft): readonly Link[] {
  if (links.size === 0) return [];
  const own = new Set(keys);
  return [...links.values()].filter(({ from, to }) => own.has(from) || own.has(to));
}

function ended({ id, version, head }: Person, profileOf: ReadonlyMap<string, string>, anchors: Anchors): ChangedPerson {
  const endedIn = profileOf.get(anchors.get(id) ?? '') ?? null;
  const { revision, createdAtMs } = head;
  const end: Head = { revision: revision + 1, createdAtMs, identities: [], links: [], endedIn };
  return { id, version, before: head, head: end, items: [], ...UNMOVED };
}
