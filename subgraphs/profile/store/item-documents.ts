import type { Item } from '../domain/item';

/** An event as it is kept. Without `owner` it shows nowhere: its dataset is not enabled for profile. */
export interface EventDocument {
  readonly owner?: string;
  readonly timestampMs: number;
  /** The event as sent; absent when only its id is remembered. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The keys of all its identities, where it holds several. */
  readonly identities?: readonly string[];
}

/** A record as it is kept. */
export interface RecordDocument {
  readonly owner?: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly identities?: readonly string[];
}

/** The document of an event or record, and its JSON. */
export function toItemDocument(item: Item): { readonly value: EventDocument | RecordDocument; readonly json: string } {
  const { kind, owner, atMs, data, enabled } = item;
  const time = kind === 'EVENT' ? { timestampMs: atMs } : { atMs };
  const several = item.identities.length > 1 ? { identities: item.identities.map(({ key }) => key) } : {};
  const rest = { ...(enabled ? { owner } : {}), ...time, ...several };
  // The item's own text was made already to measure it.
  const json = `${JSON.stringify(rest).slice(0, -1)},"data":${item.json}}`;
  return { value: { ...rest, data } as EventDocument | RecordDocument, json };
}
