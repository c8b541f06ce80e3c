import type { DatasetKind } from './dataset';
import type { FaultCode } from './item-fault';

/** An item that was refused, kept to be mended and sent again (P-3). */
export interface FailedItem {
  readonly dataset: string;
  readonly kind: DatasetKind;
  /** The batch that it was sent for. */
  readonly batch?: string;
  readonly code: FaultCode;
  readonly path: string;
  readonly message: string;
  readonly atMs: number;
  /** The item's own id, where it has one. */
  readonly itemId?: string;
  /** As it came; absent when it was too large to keep. */
  readonly body?: unknown;
}
