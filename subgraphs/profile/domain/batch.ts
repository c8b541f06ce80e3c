import { AppError } from '../../../platform/errors';

/** Where a batch stands. Its items are seen while it is COMPLETED: all of them from one instant to the next, and none. */
export type BatchStatus = 'OPEN' | 'COMPLETED' | 'REVERTED';

/** Items that become visible together and can be taken back together (P-6). */
export interface Batch {
  readonly dataset: string;
  readonly status: BatchStatus;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** A batch that became visible, or ceased to be, and is not yet worked into everybody whom it names. */
export interface BatchMove {
  readonly batch: string;
  /** True: it is seen. False: it is seen no more. */
  readonly shown: boolean;
}

const NEXT: Readonly<Record<BatchStatus, BatchStatus | undefined>> = {
  OPEN: 'COMPLETED',
  COMPLETED: 'REVERTED',
  REVERTED: undefined,
};

/** The batch in its next status. Fails with CONFLICT when that does not follow on the one it is in. */
export function toStatus(id: string, batch: Batch, status: BatchStatus): Batch {
  if (NEXT[batch.status] === status) return { ...batch, status };
  throw new AppError('CONFLICT', `The batch ${id} is ${batch.status}; it cannot become ${status}.`, {
    retryable: false,
    details: { id, status: batch.status },
  });
}

/** Fails with CONFLICT when no more items may be put into the batch, or its dataset is another one. */
export function checkOpen(id: string, batch: Batch, dataset: string): void {
  const reason =
    batch.status !== 'OPEN' ? `is ${batch.status}` : batch.dataset !== dataset ? `is for ${batch.dataset}` : undefined;
  if (reason === undefined) return;
  throw new AppError('CONFLICT', `The batch ${id} ${reason}; it takes no items for ${dataset}.`, {
    retryable: false,
    details: { id, status: batch.status, dataset: batch.dataset },
  });
}
