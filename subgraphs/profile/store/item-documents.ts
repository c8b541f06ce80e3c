import type { Stored, Write } from '../../../platform/store/store';
import type { AuthenticatedState } from '../domain/identity';
import { identityValueOf, namespaceOf } from '../domain/identity';
import { type Item, itemKey } from '../domain/item';
import type { SentIdentity } from '../domain/parse-identities';
import { eventsSpec, recordsSpec } from './collections';

type WhoRow = readonly [key: string, state: number, primary: number];

/** What events and records have in common as they are kept: enough to take them in again. */
export interface ItemRow {
  /** Whose it is. Absent: it shows nowhere, as its dataset is not enabled for profile or it is past keeping. */
  readonly owner?: string;
  /** In the place of `owner` where its dataset is not enabled for profile. */
  readonly hiddenOwner?: string;
  /** The identities that were sent with it, where they are not just its owner. */
  readonly who?: readonly WhoRow[];
  /** The ways in which it came; absent: directly. */
  readonly origins?: readonly string[];
}

/** An event as it is kept. */
export interface EventDocument extends ItemRow {
  readonly timestampMs: number;
  /** In the place of `owner` where only its id is remembered. */
  readonly formerOwner?: string;
  /** The event as sent; absent when only its id is remembered. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A record as it is kept, or that identities were seen together without one (`sighting`). */
export interface RecordDocument extends ItemRow {
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** The item's own id. */
  readonly item: string;
  readonly sighting?: true;
}

const STATES: readonly AuthenticatedState[] = ['AMBIGUOUS', 'AUTHENTICATED', 'LOGGED_OUT'];

/** The writes that keep the items of submissions that were taken. */
export function itemWrites(
  submissions: readonly { readonly items: readonly Item[]; readonly batch?: string }[],
  taken: ReadonlySet<Item>,
): readonly Write[] {
  const writes: Write[] = [];
  for (const { items, batch } of submissions) {
    for (const item of items) {
      const write = taken.has(item) ? itemWrite(item, batch) : undefined;
      if (write) writes.push(write);
    }
  }
  return writes;
}

function itemWrite(item: Item, batch: string | undefined): Write | undefined {
  if (item.kind === 'EVENT') {
    return { kind: 'put', collection: eventsSpec.name, id: item.key, ...toDocument(item, batch), expected: null };
  }
  if (item.kind === 'RECORD') {
    return { kind: 'put', collection: recordsSpec.name, id: item.key, ...toDocument(item, batch), expected: null };
  }
  if (item.kind !== 'SIGHTING' && item.kind !== 'CONSENT') return undefined;
  return sightingWrite(item.dataset, item.id, { owner: item.owner, atMs: item.atMs, who: whoOf(item) });
}

/** Keeps that identities were seen together, so that their links outlive what showed them. */
export function sightingWrite(
  dataset: string,
  id: string,
  { owner, atMs, who }: { readonly owner: string; readonly atMs: number; readonly who: ItemRow['who'] },
): Write {
  const value: RecordDocument = { owner, atMs, item: id, data: {}, sighting: true, ...(who ? { who } : {}) };
  return { kind: 'put', collection: recordsSpec.name, id: itemKey(dataset, `${id}~sighting`), value };
}

function toDocument(item: Item, batch: string | undefined): { readonly value: object; readonly json: string } {
  const rest = { ...envelopeOf(item), ...(batch === undefined ? {} : { origins: [batch] }) };
  // The item's own text was made already to measure it.
  const json = `${JSON.stringify(rest).slice(0, -1)},"data":${item.json}}`;
  return { value: { ...rest, data: item.data }, json };
}

/** The row of an event or record. */
export function toItemRow(item: Item): ItemRow & Readonly<Record<string, unknown>> {
  return { ...envelopeOf(item), data: item.data };
}

function envelopeOf(item: Item): ItemRow & Readonly<Record<string, unknown>> {
  const { kind, id, owner, atMs, enabled } = item;
  const who = whoOf(item);
  return {
    ...(enabled ? { owner } : { hiddenOwner: owner }),
    ...(kind === 'EVENT' ? { timestampMs: atMs } : { atMs, item: id }),
    ...(who ? { who } : {}),
  };
}

function whoOf({ identities, enabled }: Item): readonly WhoRow[] | undefined {
  const [only] = identities;
  if (enabled && identities.length === 1 && only?.state === 'AMBIGUOUS') return undefined;
  return identities
    .filter(({ derived }) => !derived)
    .map(({ key, state, primary }) => [key, STATES.indexOf(state), primary ? 1 : 0]);
}

/** The identities that were sent with a kept item. */
export function whoSent({ owner, who }: ItemRow): readonly SentIdentity[] {
  const rows: readonly WhoRow[] = who ?? (owner === undefined ? [] : [[owner, 0, 0]]);
  return rows.map(([key, state, primary]) => ({
    key,
    namespace: namespaceOf(key),
    value: identityValueOf(key),
    state: STATES[state] ?? 'AMBIGUOUS',
    primary: primary === 1,
    path: '',
  }));
}

/** A kept row with its id. */
export type KeptEvent = Stored<EventDocument>;
export type KeptRecord = Stored<RecordDocument>;
