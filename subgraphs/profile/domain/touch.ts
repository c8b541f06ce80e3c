import { addConsent } from './consents';
import type { IdentityState, Link, Session } from './head';
import { type AuthenticatedState, compareStates, type ItemIdentity } from './identity';
import { compareText } from './identity-graph';
import type { Item, ItemLink } from './item';

/** The state of an identity after `item`, in which it stands as `sighting`. */
export function touchIdentity(known: IdentityState | undefined, sighting: ItemIdentity, item: Item): IdentityState {
  const { atMs } = item;
  const owned = sighting.key === item.owner;
  const base = known ?? newIdentity(sighting, atMs);
  const newer = atMs > base.stateAtMs || (atMs === base.stateAtMs && compareStates(sighting.state, base.state) > 0);
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
  const { dataset, id, atMs } = item;
  if (known && known.atMs > atMs) return known;
  const session = sessionOf(item, from, to);
  const seen = { from, to, dataset, item: id, atMs, ...(derived ? { derived } : {}), ...(session ? { session } : {}) };
  return known && compareSightings(known, seen) >= 0 ? known : seen;
}

/** Which of two sightings holds: the newer, for equal times by what it says of the session. */
export function compareSightings(a: Link, b: Link): number {
  return a.atMs - b.atMs || compareStates(stateOf(a), stateOf(b)) || compareText(a.item, b.item);
}

function stateOf({ session = 'NOTHING' }: Link): AuthenticatedState {
  return session === 'NOTHING' ? 'AMBIGUOUS' : session;
}

// That a file names two identities in one row does not bring anybody back to a browser.
function sessionOf({ identities, kind }: Item, from: string, to: string): Session | undefined {
  const [first, second] = identities.filter(({ key }) => key === from || key === to);
  const states = [first?.state ?? 'AMBIGUOUS', second?.state ?? 'AMBIGUOUS'] as const;
  const state = compareStates(...states) > 0 ? states[0] : states[1];
  if (state !== 'AMBIGUOUS') return state;
  return kind === 'RECORD' ? 'NOTHING' : undefined;
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
