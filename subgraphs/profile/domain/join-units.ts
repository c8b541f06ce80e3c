import type { DeviceLink, LinkRefusal, ShownDeviceLink } from './device-graph';
import { breaksUniqueness, compareLinks, countingLinks, type GraphNode, type GraphRules } from './identity-graph';

/** What a device graph joins with others, and never parts: a person, or one identity where a policy does not stitch. */
export interface Unit {
  readonly id: string;
  readonly identities: readonly GraphNode[];
}

/** What is one with a unit by a device graph. */
export interface JoinedUnits<U extends Unit> {
  /** The unit itself among them. */
  readonly units: readonly U[];
  /** The links that meet them. */
  readonly links: readonly ShownDeviceLink[];
}

interface Joined<U> {
  units: U[];
  keys: string[];
}

/**
 * Joins units along the links of a device graph, as identities are joined (P-9): the newest link first, for equal times the
 * one of better priority; one that would give two values of a unique namespace, or more identities than a graph may have,
 * is not followed. Links to identities that nobody has been seen with lead on to what they are linked to.
 */
export function joinUnits<U extends Unit>(
  start: U,
  others: readonly U[],
  links: readonly DeviceLink[],
  rules: GraphRules,
): JoinedUnits<U> {
  const units = [start, ...others];
  const setOf = new Map<string, Joined<U>>();
  for (const unit of units) {
    const set = { units: [unit], keys: unit.identities.map(({ key }) => key) };
    for (const { key } of unit.identities) setOf.set(key, set);
  }
  const find = (key: string): Joined<U> => {
    const set = setOf.get(key) ?? { units: [], keys: [key] };
    setOf.set(key, set);
    return set;
  };
  const nodes = units.flatMap(({ identities }) => identities);
  const ordered = [...countingLinks(nodes, links)].sort((a, b) => compareLinks(a, b, rules.namespaces));
  const shown = ordered.map((link): ShownDeviceLink => {
    const [left, right] = [find(link.from), find(link.to)];
    const refusal = left === right ? undefined : findRefusal(left, right, rules);
    if (left !== right && !refusal) unite(left, right, setOf);
    return refusal ? { ...link, refusal } : link;
  });
  const own = start.identities[0] ? find(start.identities[0].key) : { units: [start], keys: [] };
  const meets = ({ from, to }: DeviceLink): boolean => find(from) === own || find(to) === own;
  return { units: [start, ...own.units.filter((unit) => unit !== start)], links: shown.filter(meets) };
}

function findRefusal(left: Joined<Unit>, right: Joined<Unit>, rules: GraphRules): LinkRefusal | undefined {
  if (breaksUniqueness(left.keys, right.keys, rules.namespaces)) return 'UNIQUE_NAMESPACE';
  return left.keys.length + right.keys.length > rules.identitiesPerGraph ? 'LIMIT' : undefined;
}

function unite<U>(left: Joined<U>, right: Joined<U>, setOf: Map<string, Joined<U>>): void {
  const [large, small] = left.keys.length >= right.keys.length ? [left, right] : [right, left];
  large.units.push(...small.units);
  large.keys.push(...small.keys);
  for (const key of small.keys) setOf.set(key, large);
}
