import { namespaceOf } from './identity';
import type { Namespaces, NamespaceType } from './namespace';

/** That two identities were seen together, and by which item. Which end is `from` does not matter to the graph. */
export interface GraphLink {
  readonly from: string;
  readonly to: string;
  readonly dataset: string;
  readonly item: string;
  /** The source's own time of the newest sighting. */
  readonly atMs: number;
  /** True when it follows from the value itself: it cannot be cut. */
  readonly derived?: boolean;
}

/** An identity of a graph. */
export interface GraphNode {
  readonly key: string;
  readonly lastSeenMs: number;
  /** Links up to this instant no longer count (P-10). */
  readonly cutAtMs?: number;
}

export interface GraphRules {
  readonly namespaces: Namespaces;
  readonly identitiesPerGraph: number;
}

/** The people that the links make of the identities. */
export interface ResolvedGraphs<L extends GraphLink = GraphLink> {
  /** Each a person, by the keys of their identities. */
  readonly graphs: readonly (readonly string[])[];
  /** Links that would have given a person two values of a unique namespace (P-9). */
  readonly dropped: readonly L[];
  /** Identities that left a graph at its limit (P-12); each is a graph of its own. */
  readonly evicted: readonly string[];
}

/**
 * Resolves identities and links to people. A pure function of the sets given: links are replayed newest first, for equal
 * times the one of better priority first, and one that breaks a unique namespace is dropped (P-9).
 */
export function resolveIdentityGraph<L extends GraphLink>(
  nodes: readonly GraphNode[],
  links: readonly L[],
  rules: GraphRules,
): ResolvedGraphs<L> {
  const counting = countingLinks(nodes, links);
  const ordered = [...counting].sort((a, b) => compareLinks(a, b, rules.namespaces));
  const sets = createSets(nodes, rules.namespaces);
  const dropped = ordered.filter((link) => !sets.join(link.from, link.to));
  const graphs: (readonly string[])[] = [];
  const evicted: string[] = [];
  for (const graph of sets.all()) {
    if (graph.length <= rules.identitiesPerGraph) graphs.push(graph);
    else {
      const outcome = withinLimit(graph, nodes, ordered, dropped, rules);
      graphs.push(...outcome.graphs, ...outcome.evicted.map((key) => [key]));
      evicted.push(...outcome.evicted);
    }
  }
  return { graphs, dropped, evicted };
}

/** The links that no cut has taken away. */
export function countingLinks<L extends GraphLink>(nodes: readonly GraphNode[], links: readonly L[]): readonly L[] {
  const cuts = new Map<string, number>();
  for (const { key, cutAtMs } of nodes) if (cutAtMs !== undefined) cuts.set(key, cutAtMs);
  if (cuts.size === 0) return links;
  const cutBy = (key: string): number => cuts.get(key) ?? Number.NEGATIVE_INFINITY;
  return links.filter(({ from, to, atMs, derived }) => derived || (atMs > cutBy(from) && atMs > cutBy(to)));
}

/**
 * True where all of these identities can be one person, and are when links or items join them all: nothing is cut, none of a
 * unique namespace is too many, and the limit is kept.
 */
export function canBeOne(nodes: Iterable<GraphNode>, { namespaces, identitiesPerGraph }: GraphRules): boolean {
  const unique = new Set<string>();
  let count = 0;
  for (const { key, cutAtMs } of nodes) {
    count += 1;
    if (cutAtMs !== undefined || count > identitiesPerGraph) return false;
    const namespace = namespaceOf(key);
    if (!namespaces.get(namespace)?.unique) continue;
    if (unique.has(namespace)) return false;
    unique.add(namespace);
  }
  return true;
}

interface Sets {
  /** False when joining the two would break a unique namespace. */
  join(a: string, b: string): boolean;
  all(): Iterable<readonly string[]>;
}

interface IdentitySet {
  readonly keys: string[];
  /** The unique namespaces of which there is a value. */
  readonly unique: string[];
}

function createSets(nodes: readonly GraphNode[], namespaces: Namespaces): Sets {
  const setOf = new Map<string, IdentitySet>();
  for (const { key } of nodes) {
    const namespace = namespaceOf(key);
    setOf.set(key, { keys: [key], unique: namespaces.get(namespace)?.unique ? [namespace] : [] });
  }
  return {
    join(a, b) {
      const left = setOf.get(a);
      const right = setOf.get(b);
      if (!left || !right) return false;
      if (left === right) return true;
      if (left.unique.some((namespace) => right.unique.includes(namespace))) return false;
      const [large, small] = left.keys.length >= right.keys.length ? [left, right] : [right, left];
      large.unique.push(...small.unique);
      for (const key of small.keys) {
        large.keys.push(key);
        setOf.set(key, large);
      }
      return true;
    },
    all: () => [...new Set(setOf.values())].map(({ keys }) => keys),
  };
}

/**
 * True when two sets of identities, together, would have two values of a unique namespace. Within each there is one at
 * most, so they clash where both have one.
 */
export function breaksUniqueness(left: readonly string[], right: readonly string[], namespaces: Namespaces): boolean {
  const taken = new Set<string>();
  for (const key of left) {
    const namespace = namespaceOf(key);
    if (namespaces.get(namespace)?.unique) taken.add(namespace);
  }
  return taken.size > 0 && right.some((key) => taken.has(namespaceOf(key)));
}

/** In which order links are replayed: the newest first, for equal times the one of better priority (P-9). */
export function compareLinks(a: GraphLink, b: GraphLink, namespaces: Namespaces): number {
  if (a.atMs !== b.atMs) return b.atMs - a.atMs;
  const [bestA, worstA] = prioritiesOf(a, namespaces);
  const [bestB, worstB] = prioritiesOf(b, namespaces);
  return bestA - bestB || worstA - worstB || compareText(endsOf(a), endsOf(b)) || compareText(a.dataset, b.dataset);
}

function prioritiesOf({ from, to }: GraphLink, namespaces: Namespaces): readonly [number, number] {
  const one = namespaces.get(namespaceOf(from))?.priority ?? Number.MAX_SAFE_INTEGER;
  const other = namespaces.get(namespaceOf(to))?.priority ?? Number.MAX_SAFE_INTEGER;
  return one <= other ? [one, other] : [other, one];
}

/** Both ends of a link as one text, whichever way it points. */
export function endsOf({ from, to }: { readonly from: string; readonly to: string }): string {
  return from <= to ? `${from}\n${to}` : `${to}\n${from}`;
}

/** -1, 0 or 1, by code units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const LEAVES_FIRST: Readonly<Record<NamespaceType, number>> = {
  COOKIE: 0,
  DEVICE: 1,
  CROSS_DEVICE: 2,
  EMAIL: 2,
  PHONE: 2,
};

// The oldest leave first, cookies before devices before persons (P-12). What hung on them alone comes off as well.
function withinLimit<L extends GraphLink>(
  graph: readonly string[],
  nodes: readonly GraphNode[],
  ordered: readonly L[],
  dropped: readonly L[],
  { namespaces, identitiesPerGraph }: GraphRules,
): { readonly graphs: readonly (readonly string[])[]; readonly evicted: readonly string[] } {
  const inGraph = new Set(graph);
  const rank = ({ key }: GraphNode): number => LEAVES_FIRST[namespaces.get(namespaceOf(key))?.type ?? 'COOKIE'];
  const leaving = nodes
    .filter(({ key }) => inGraph.has(key))
    .sort((a, b) => rank(a) - rank(b) || a.lastSeenMs - b.lastSeenMs || compareText(a.key, b.key));
  const lost = new Set<GraphLink>(dropped);
  const held = ordered.filter((link) => inGraph.has(link.from) && !lost.has(link));
  const evicted: string[] = [];
  for (let left = leaving; ; ) {
    const sets = createSets(left, new Map());
    for (const { from, to } of held) sets.join(from, to);
    const graphs = [...sets.all()];
    const tooLarge = graphs.find((each) => each.length > identitiesPerGraph);
    if (!tooLarge) return { graphs, evicted };
    const members = new Set(tooLarge);
    const gone = new Set(
      left
        .filter(({ key }) => members.has(key))
        .slice(0, tooLarge.length - identitiesPerGraph)
        .map(({ key }) => key),
    );
    evicted.push(...gone);
    left = left.filter(({ key }) => !gone.has(key));
  }
}
