import type { Person } from './head';
import type { Item } from './item';

/** People and items that can touch each other: none of them has anything to do with what is in another cluster. */
export interface Cluster {
  readonly people: readonly Person[];
  readonly items: readonly Item[];
}

/** What is known of the identities of a batch. All people that links lead to must be among `people`. */
export interface KnownPeople {
  /** Identity key → id of the profile that has it. */
  readonly profileOf: ReadonlyMap<string, string>;
  readonly people: ReadonlyMap<string, Person>;
}

/** Parts a batch into clusters, each with its items in order of arrival. People whom no item touches are left out. */
export function toClusters(items: readonly Item[], known: KnownPeople): readonly Cluster[] {
  return allClusters(items, known).filter((cluster) => cluster.items.length > 0);
}

/** As `toClusters`, with everybody. */
export function allClusters(items: readonly Item[], { profileOf, people }: KnownPeople): readonly Cluster[] {
  const nodes = createNodes();
  const nodeOf = (key: string): string => profileOf.get(key) ?? key;
  for (const { id, head } of people.values()) {
    for (const { from, to } of head.links) {
      nodes.join(id, nodeOf(from));
      nodes.join(id, nodeOf(to));
    }
  }
  for (const { owner, identities } of items) {
    const node = nodeOf(owner);
    for (const { key } of identities) nodes.join(node, nodeOf(key));
  }
  const clusters = new Map<string, { people: Person[]; items: Item[] }>();
  const clusterOf = (node: string) => {
    const root = nodes.find(node);
    const known = clusters.get(root) ?? { people: [], items: [] };
    clusters.set(root, known);
    return known;
  };
  for (const person of people.values()) clusterOf(person.id).people.push(person);
  for (const item of items) clusterOf(nodeOf(item.owner)).items.push(item);
  return [...clusters.values()];
}

function createNodes(): { find(node: string): string; join(a: string, b: string): void } {
  const parents = new Map<string, string>();
  const find = (node: string): string => {
    let root = node;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    if (root !== node) parents.set(node, root);
    return root;
  };
  return {
    find,
    join(a, b) {
      if (a === b) return;
      const left = find(a);
      const right = find(b);
      if (left !== right) parents.set(right, left);
    },
  };
}
