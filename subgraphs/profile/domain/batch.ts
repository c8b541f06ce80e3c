import { AppError } from '../../../platform/errors';

export type BatchStatus = 'OPEN' | 'COMPLETING' | 'COMPLETED' | 'REVERTING' | 'REVERTED';

/** Items that become visible together and can be taken back together (P-6). */
export interface Batch {
  readonly dataset: string;
  readonly status: BatchStatus;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

const NEXT: Readonly<Record<BatchStatus, BatchStatus | undefined>> = {
  OPEN: 'COMPLETING',
  COMPLETING: 'COMPLETED',
  COMPLETED: 'REVERTING',
  REVERTING: 'REVERTED',
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
