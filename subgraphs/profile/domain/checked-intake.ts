import type { DatasetKind } from './dataset';
import type { Item } from './item';
import type { ItemFault } from './item-fault';
import type { DatasetInUse } from './parse-item';

/** Items that were looked at, before anything is written. */
export interface CheckedIntake {
  readonly dataset: DatasetInUse;
  readonly kind: DatasetKind;
  /** The batch that they are for. */
  readonly batch?: string | undefined;
  readonly bodies: readonly unknown[];
  /** For each body the item that it is, or what is wrong with it. */
  readonly checked: readonly (Item | ItemFault)[];
}
