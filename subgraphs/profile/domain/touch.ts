import { addConsent } from './consents';
import type { IdentityState, Link } from './head';
import type { AuthenticatedState, ItemIdentity } from './identity';
import type { Item, ItemLink } from './item';

const STRENGTH: Readonly<Record<AuthenticatedState, number>> = { AMBIGUOUS: 0, LOGGED_OUT: 1, AUTHENTICATED: 2 };

/** The state of an identity after `item`, in which it stands as `sighting`. */
export function touchIdentity(known: IdentityState | undefined, sighting: ItemIdentity, item: Item): IdentityState {
  const { atMs } = item;
  const owned = sighting.key === item.owner;
  const base = known ?? newIdentity(sighting, atMs);
  const newer = atMs > base.stateAtMs || (atMs === base.stateAtMs && STRENGTH[sighting.state] > STRENGTH[base.state]);
  return {
    ...base,
    state: newer ? sighting.state : base.state,
    stateAtMs: newer ? atMs : base.stateAtMs,
    firstSeenMs: Math.min(base.firstSeenMs, atMs),
    lastSeenMs: Math.max(base.lastSeenMs, atMs),
    events: base.events + (owned && item.kind === 'EVENT' ? 1 : 0),
    datasets: owned && item.kind === 'RECORD' ? withDataset(base.datasets, item.dataset) : base.datasets,
    consents: owned ? withConsents(base.consents, item) : base.consents,
  };
}

/** True for an item that is no sighting: it makes nobody known. */
export function isCommand({ kind }: Item): boolean {
  return kind === 'CUT' || kind === 'FORGET' || kind === 'REFRESH';
}

/** The identity after a command to it: a cut, or events that are no longer kept. */
export function commandIdentity(known: IdentityState, { kind, atMs, forgotten = [] }: Item): IdentityState {
  if (kind === 'CUT') return { ...known, cutAtMs: Math.max(known.cutAtMs ?? 0, atMs) };
  return forgotten.length === 0 ? known : { ...known, events: Math.max(0, known.events - forgotten.length) };
}

/** The link after a sighting of it; the same object when the sighting is an older one. */
export function touchLink(known: Link | undefined, { from, to, derived }: ItemLink, item: Item): Link {
  if (known && (known.atMs > item.atMs || (known.atMs === item.atMs && known.item >= item.id))) return known;
  const loggedOut = item.identities.some(({ key, state }) => state === 'LOGGED_OUT' && (key === from || key === to));
  return {
    from,
    to,
    dataset: item.dataset,
    item: item.id,
    atMs: item.atMs,
    ...(derived ? { derived } : {}),
    ...(loggedOut ? { loggedOut } : {}),
  };
}

function newIdentity({ key, state }: ItemIdentity, atMs: number): IdentityState {
  return { key, state, stateAtMs: atMs, firstSeenMs: atMs, lastSeenMs: atMs, events: 0, datasets: [], consents: [] };
}

function withDataset(datasets: readonly string[], dataset: string): readonly string[] {
  return datasets.includes(dataset) ? datasets : [...datasets, dataset].sort();
}

function withConsents(consents: IdentityState['consents'], item: Item): IdentityState['consents'] {
  if (!item.consents) return consents;
  const { atMs, dataset: source } = item;
  return item.consents.reduce(
    (all, { purpose, status }) => addConsent(all, { purpose, status, atMs, source }),
    consents,
  );
}
