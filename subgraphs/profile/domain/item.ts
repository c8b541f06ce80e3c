import type { ItemIdentity } from './identity';

/** Two identities that one item holds. */
export interface ItemLink {
  readonly from: string;
  readonly to: string;
  /** True when it follows from the value itself (a hash): it cannot be cut. */
  readonly derived: boolean;
}

/** What a caller says that a person agreed to. */
export interface ConsentStatement {
  readonly purpose: string;
  readonly status: ConsentStatus;
}
export type ConsentStatus = 'GRANTED' | 'DENIED' | 'UNKNOWN';

/**
 * One thing that came in, checked. EVENT and RECORD are data; SIGHTING is a set of identities seen together; CONSENT
 * says what a person agreed to; CUT takes an identity out of its graph; FORGET removes events past keeping; REFRESH has the
 * view of a person made and announced anew, as the configuration changed.
 */
export interface Item {
  readonly kind: 'EVENT' | 'RECORD' | 'SIGHTING' | 'CONSENT' | 'CUT' | 'FORGET' | 'REFRESH';
  readonly dataset: string;
  /** The item's own id within its dataset. */
  readonly id: string;
  /** `dataset|id`. */
  readonly key: string;
  /** The source's own time. */
  readonly atMs: number;
  /** False: kept, but shown on no profile. */
  readonly enabled: boolean;
  /** The identity that it belongs to. */
  readonly owner: string;
  readonly identities: readonly ItemIdentity[];
  readonly links: readonly ItemLink[];
  readonly data: Readonly<Record<string, unknown>>;
  /** `data` as JSON. */
  readonly json: string;
  readonly consents?: readonly ConsentStatement[];
  /** Keys of events of the owner that are no longer kept. */
  readonly forgotten?: readonly string[];
}

/** The key of an item. Ids of datasets have no `|`. */
export function itemKey(dataset: string, id: string): string {
  return `${dataset}|${id}`;
}

/** The dataset in an item's key. */
export function datasetOf(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/** The item's own id in its key. */
export function itemIdOf(key: string): string {
  return key.slice(key.indexOf('|') + 1);
}

/** The identities that items name. */
export function namesOf(items: readonly Item[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { identities } of items) for (const { key } of identities) names.add(key);
  return names;
}
