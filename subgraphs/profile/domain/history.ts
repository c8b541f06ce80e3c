import type { Cluster } from './clusters';
import type { ChangedPerson, FoldedCluster } from './fold-cluster';
import type { IdentityState } from './head';
import type { Item } from './item';

export type IdentityChangeKind = 'MERGED' | 'SPLIT' | 'LINK_DROPPED' | 'IDENTITY_DROPPED' | 'CUT';

/** Something that happened to the identities of a profile, and which item caused it. */
export interface IdentityChange {
  readonly profileId: string;
  readonly kind: IdentityChangeKind;
  /** The other profile, where there is one. */
  readonly other?: string;
  /** The identities that came, went or were parted. */
  readonly identities: readonly string[];
  readonly dataset?: string;
  readonly item?: string;
}

/** What a batch did to the identities of the people of a cluster; nothing where nobody was known before. */
export function historyOf({ people, items }: Cluster, folded: FoldedCluster): readonly IdentityChange[] {
  const before = new Map<string, string>();
  for (const { id, head } of people) for (const { key } of head.identities) before.set(key, id);
  const by = causeOf(items);
  const changes = folded.changed.flatMap((changed) => movesOf(changed, before, folded.profileOf));
  return [
    ...changes,
    ...droppedLinks(items, before, folded),
    ...evictions(
      before,
      folded,
      people.flatMap(({ head }) => head.identities),
    ),
    ...cuts(items, before),
  ].map((change) => ({ ...change, ...by }));
}

// What came from another profile, and what went to another one.
function movesOf(
  { id, before: head, gained }: ChangedPerson,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly IdentityChange[] {
  const came = groupBy(gained, (key) => before.get(key));
  const lost = head?.identities.map(({ key }) => key).filter((key) => after.get(key) !== id) ?? [];
  const went = groupBy(lost, (key) => after.get(key));
  const toChange =
    (kind: IdentityChangeKind) =>
    ([other, identities]: readonly [string, readonly string[]]) => ({
      profileId: id,
      kind,
      other,
      identities,
    });
  return [...[...came].map(toChange('MERGED')), ...[...went].map(toChange('SPLIT'))];
}

function droppedLinks(
  items: readonly Item[],
  before: ReadonlyMap<string, string>,
  { dropped, profileOf }: FoldedCluster,
): readonly IdentityChange[] {
  const fresh = new Set(items.flatMap(({ links }) => links.map(({ from, to }) => `${from}\n${to}`)));
  return dropped.flatMap(({ from, to }) => {
    const wasOne = before.has(from) && before.get(from) === before.get(to);
    const isNew = fresh.has(`${from}\n${to}`) || fresh.has(`${to}\n${from}`);
    const ids = new Set([profileOf.get(from), profileOf.get(to)]);
    if (!wasOne && !isNew) return [];
    return [...ids].flatMap((profileId) =>
      profileId ? { profileId, kind: 'LINK_DROPPED' as const, identities: [from, to] } : [],
    );
  });
}

function evictions(
  before: ReadonlyMap<string, string>,
  { evicted }: FoldedCluster,
  known: readonly IdentityState[],
): readonly IdentityChange[] {
  const together = groupBy(
    known.map(({ key }) => key),
    (key) => before.get(key),
  );
  return evicted.flatMap((key) => {
    const profileId = before.get(key);
    const left = profileId !== undefined && (together.get(profileId)?.length ?? 0) > 1;
    return left ? { profileId, kind: 'IDENTITY_DROPPED' as const, identities: [key] } : [];
  });
}

function cuts(items: readonly Item[], before: ReadonlyMap<string, string>): readonly IdentityChange[] {
  return items
    .filter(({ kind }) => kind === 'CUT')
    .flatMap(({ owner }) => {
      const profileId = before.get(owner);
      return profileId ? { profileId, kind: 'CUT' as const, identities: [owner] } : [];
    });
}

function causeOf(items: readonly Item[]): { readonly dataset?: string; readonly item?: string } {
  const last = items.findLast(({ links, kind }) => links.length > 0 || kind === 'CUT');
  return last ? { dataset: last.dataset, item: last.id } : {};
}

function groupBy(
  keys: readonly string[],
  groupOf: (key: string) => string | undefined,
): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const group = groupOf(key);
    if (group === undefined) continue;
    const known = groups.get(group);
    if (known) known.push(key);
    else groups.set(group, [key]);
  }
  return groups;
}
