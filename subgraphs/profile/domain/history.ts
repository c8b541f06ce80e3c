import type { Cluster } from './clusters';
import type { ChangedPerson, FoldedCluster } from './fold-cluster';
import { groupBy } from './group-by';
import type { IdentityState } from './head';
import type { Item, ItemLink } from './item';

export type IdentityChangeKind = 'MERGED' | 'SPLIT' | 'LINK_DROPPED' | 'IDENTITY_DROPPED' | 'CUT';

/** What caused a change: an item, a cut, a batch that was taken back, or changed configuration. */
export type IdentityChangeCause = 'ITEM' | 'UNLINK' | 'BATCH' | 'CONFIGURATION';

/** Something that happened to the identities of a profile, and what caused it. */
export interface IdentityChange {
  readonly profileId: string;
  readonly kind: IdentityChangeKind;
  /** The other profile, where there is one. */
  readonly other?: string;
  /** The identities that came, went or were parted. */
  readonly identities: readonly string[];
  readonly cause: IdentityChangeCause;
  /** Of ITEM: where it came from. */
  readonly dataset?: string;
  readonly item?: string;
  /** Of BATCH and CONFIGURATION: which one. */
  readonly reference?: string;
}

type Change = Omit<IdentityChange, 'cause' | 'dataset' | 'item' | 'reference'>;
/** What caused a change, where no item did. */
export type RebuildCause = Pick<IdentityChange, 'cause' | 'reference'>;

/** What a batch of items did to the identities of the people of a cluster. `by`: where no single item caused it. */
export function historyOf(
  { people, items }: Cluster,
  folded: FoldedCluster,
  by?: RebuildCause,
): readonly IdentityChange[] {
  if (isNoNews(items, folded)) return [];
  const before = new Map<string, string>();
  for (const { id, head } of people) for (const { key } of head.identities) before.set(key, id);
  const identities = people.flatMap(({ head }) => head.identities);
  const changes = [
    ...folded.changed.flatMap((changed) => movesOf(changed, before, folded.profileOf)),
    ...droppedLinks(items, before, folded),
    ...evictions(items, before, folded, identities),
    ...cuts(items, before),
  ];
  return changes.map((change) => ({ ...change, ...(by ?? causeOf(change, items)) }));
}

// Nearly always: at most, somebody got an identity that nobody had.
function isNoNews(items: readonly Item[], { changed, dropped, evicted }: FoldedCluster): boolean {
  const isMoved = ({ rebuilt, head: { endedIn } }: ChangedPerson): boolean => rebuilt || endedIn !== undefined;
  if (dropped.length > 0 || evicted.length > 0 || changed.some(isMoved)) return false;
  return !items.some(({ kind }) => kind === 'CUT');
}

// What came from another profile, and what went to another one.
function movesOf(
  { id, before: known, gained, head: { endedIn } }: ChangedPerson,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Change[] {
  const came = groupBy(gained, (key) => before.get(key));
  // What became of a profile that ended is told by those that it became part of.
  const had = endedIn === undefined ? (known?.identities ?? []) : [];
  const lost = had.map(({ key }) => key).filter((key) => after.get(key) !== id);
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
): readonly Change[] {
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

// Also what never came in, as it was too old from the start.
function evictions(
  items: readonly Item[],
  before: ReadonlyMap<string, string>,
  { evicted, profileOf }: FoldedCluster,
  known: readonly IdentityState[],
): readonly Change[] {
  const together = groupBy(
    known.map(({ key }) => key),
    (key) => before.get(key),
  );
  return evicted.flatMap((key) => {
    const former = before.get(key);
    const left = former !== undefined && (together.get(former)?.length ?? 0) > 1;
    const profileId = left ? former : profileBeside(key, items, profileOf);
    return profileId ? [{ profileId, kind: 'IDENTITY_DROPPED' as const, identities: [key] }] : [];
  });
}

function profileBeside(
  key: string,
  items: readonly Item[],
  profileOf: ReadonlyMap<string, string>,
): string | undefined {
  const own = profileOf.get(key);
  const ends = items.flatMap(({ links }) =>
    links.filter((link) => isEndOf(link, key)).map(({ from, to }) => profileOf.get(from === key ? to : from)),
  );
  return ends.findLast((id) => id !== own);
}

function cuts(items: readonly Item[], before: ReadonlyMap<string, string>): readonly Change[] {
  return items
    .filter(({ kind }) => kind === 'CUT')
    .flatMap(({ owner }) => {
      const profileId = before.get(owner);
      return profileId ? { profileId, kind: 'CUT' as const, identities: [owner] } : [];
    });
}

// The last item that holds one of the identities together with another one, else the last that holds any together.
function causeOf(
  { kind, identities }: Change,
  items: readonly Item[],
): Pick<IdentityChange, 'cause' | 'dataset' | 'item'> {
  const own = new Set(identities);
  const parts = ({ from, to }: ItemLink): boolean =>
    kind === 'LINK_DROPPED' ? own.has(from) || own.has(to) : own.has(from) !== own.has(to);
  const isCut = (item: Item): boolean => item.kind === 'CUT';
  const item =
    items.findLast((each) => each.links.some(parts) || (isCut(each) && own.has(each.owner))) ??
    items.findLast((each) => each.links.length > 0 || isCut(each));
  if (!item) return { cause: 'ITEM' };
  return isCut(item) ? { cause: 'UNLINK' } : { cause: 'ITEM', dataset: item.dataset, item: item.id };
}

function isEndOf({ from, to }: ItemLink, key: string): boolean {
  return from === key || to === key;
}
