import type { Head, IdentityState, Link, OwnedConsent, Session } from '../domain/head';
import type { AuthenticatedState } from '../domain/identity';

type ConsentRow = readonly [purpose: string, status: OwnedConsent['status'], atMs: number, source: string];
type IdentityRow = readonly [
  key: string,
  state: number,
  stateAtMs: number,
  firstSeenMs: number,
  lastSeenMs: number,
  events: number,
  datasets?: readonly string[],
  consents?: readonly ConsentRow[],
  cutAtMs?: number,
];
type LinkRow = readonly [
  from: string | number,
  to: string | number,
  dataset: string,
  item: string,
  atMs: number,
  flags?: number,
];

/** A head as it is kept: rows without names, as it is written with nearly every item. */
export interface HeadDocument {
  readonly revision: number;
  readonly createdAtMs: number;
  readonly identities?: readonly IdentityRow[];
  readonly links?: readonly LinkRow[];
  readonly endedIn?: string | null;
  /** Since which hour, counted from 1970, an anonymous profile is idle. */
  readonly idleHour?: number;
}

const STATES: readonly AuthenticatedState[] = ['AMBIGUOUS', 'AUTHENTICATED', 'LOGGED_OUT'];
const DERIVED = 1;
const SESSIONS: readonly (Session | undefined)[] = [undefined, 'LOGGED_OUT', 'AUTHENTICATED', 'NOTHING'];

/** The document of a head. */
export function toHeadDocument(head: Head, idleHour: number | undefined): HeadDocument {
  const { revision, createdAtMs, identities, links, endedIn } = head;
  return {
    revision,
    createdAtMs,
    ...(identities.length > 0 ? { identities: identities.map(toIdentityRow) } : {}),
    ...(links.length > 0 ? { links: toLinkRows(links, identities) } : {}),
    ...(endedIn === undefined ? {} : { endedIn }),
    ...(idleHour === undefined ? {} : { idleHour }),
  };
}

/** The head of a document. */
export function fromHeadDocument(document: HeadDocument): Head {
  const identities = (document.identities ?? []).map(fromIdentityRow);
  const { revision, createdAtMs, endedIn } = document;
  return {
    revision,
    createdAtMs,
    identities,
    links: (document.links ?? []).map((row) => fromLinkRow(row, identities)),
    ...(endedIn === undefined ? {} : { endedIn }),
  };
}

function toIdentityRow(identity: IdentityState): IdentityRow {
  const { key, state, stateAtMs, firstSeenMs, lastSeenMs, events, datasets, consents, cutAtMs } = identity;
  const number = STATES.indexOf(state);
  if (datasets.length === 0 && consents.length === 0 && cutAtMs === undefined) {
    return [key, number, stateAtMs, firstSeenMs, lastSeenMs, events];
  }
  const agreed = consents.map((each): ConsentRow => [each.purpose, each.status, each.atMs, each.source]);
  const row = [key, number, stateAtMs, firstSeenMs, lastSeenMs, events, datasets, agreed] as const;
  return cutAtMs === undefined ? row : [...row, cutAtMs];
}

function fromIdentityRow(row: IdentityRow): IdentityState {
  const [key, state, stateAtMs, firstSeenMs, lastSeenMs, events, datasets, consents, cutAtMs] = row;
  return {
    key,
    state: STATES[state] ?? 'AMBIGUOUS',
    stateAtMs,
    firstSeenMs,
    lastSeenMs,
    events,
    datasets: datasets ?? NONE,
    consents: consents?.map(([purpose, status, at, source]) => ({ purpose, status, atMs: at, source })) ?? NONE,
    ...(cutAtMs === undefined ? {} : { cutAtMs }),
  };
}

const NONE: readonly never[] = [];

// Ends that are identities of the same head are kept as their number.
function toLinkRows(links: readonly Link[], identities: readonly IdentityState[]): readonly LinkRow[] {
  const numbers = new Map(identities.map(({ key }, index) => [key, index]));
  return links.map(({ from, to, dataset, item, atMs, derived, session }) => {
    const flags = (derived ? DERIVED : 0) + 2 * SESSIONS.indexOf(session);
    const row = [numbers.get(from) ?? from, numbers.get(to) ?? to, dataset, item, atMs] as const;
    return flags === 0 ? row : [...row, flags];
  });
}

function fromLinkRow([from, to, dataset, item, atMs, flags = 0]: LinkRow, identities: readonly IdentityState[]): Link {
  const keyOf = (end: string | number): string => (typeof end === 'string' ? end : (identities[end]?.key ?? ''));
  const session = SESSIONS[flags >> 1];
  return {
    from: keyOf(from),
    to: keyOf(to),
    dataset,
    item,
    atMs,
    ...(flags & DERIVED ? { derived: true } : {}),
    ...(session ? { session } : {}),
  };
}
