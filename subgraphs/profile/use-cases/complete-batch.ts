import type { Stored, Write } from '../../../platform/store/store';
import { type Batch, toStatus } from '../domain/batch';
import type { Item } from '../domain/item';
import type { Limits } from '../domain/limits';
import type { IdentityRules } from '../domain/parse-identities';
import { type BatchItem, type BatchStore, batchItemDone, batchItemKey, batchWrite } from '../store/batch-store';
import type { EventDocument, RecordDocument } from '../store/item-documents';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { eventToItem, recordToItem } from '../store/to-item';
import { MOST_AT_ONCE } from './batches';
import type { JobHandler } from './jobs';
import type { ItemOutcome, Pipeline } from './pipeline';

export interface CompleteBatchDependencies {
  readonly batches: BatchStore;
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
}

/**
 * Brings the items of a batch in, `MOST_AT_ONCE` in one commit: a batch of no more becomes visible all at once. Items that
 * are refused only now, as their person does not agree, are counted among the rejected.
 */
export function createCompleteBatch(dependencies: CompleteBatchDependencies): JobHandler {
  const { batches, pipeline, configuration, limits } = dependencies;
  return async (sandbox, { state, done }, id) => {
    const batch = await batches.get(sandbox, id);
    if (batch?.value.status !== 'COMPLETING') return { state, done, finished: true };
    const { namespaces, isShown } = await configuration.settings(sandbox);
    const after = typeof state.after === 'string' ? state.after : undefined;
    const page = await batches.page(sandbox, id, after, MOST_AT_ONCE);
    const finished = page.length < MOST_AT_ONCE;
    const items = page.flatMap((row) => toItem(row, { namespaces, limits }, isShown) ?? []);
    const settled = page.filter(({ value }) => value.row).map((row) => batchItemDone(row.id));
    const also = (outcomes: readonly ItemOutcome[]): readonly Write[] => [
      ...settled,
      batchWrite(id, counted(id, batch, outcomes, finished), batch.version),
    ];
    await pipeline.submit(sandbox, { items, batch: id, also });
    const last = page.at(-1)?.id;
    return { state: last ? { after: last } : state, done: done + page.length, finished };
  };
}

function counted(id: string, { value }: Stored<Batch>, outcomes: readonly ItemOutcome[], finished: boolean): Batch {
  const refused = outcomes.filter(({ status }) => status === 'REJECTED').length;
  const next = { ...value, accepted: value.accepted - refused, rejected: value.rejected + refused };
  return finished ? toStatus(id, next, 'COMPLETED') : next;
}

function toItem(
  { id, value }: Stored<BatchItem>,
  rules: IdentityRules,
  isShown: (key: string) => boolean,
): Item | undefined {
  const { kind, key } = batchItemKey(id);
  if (!value.row) return undefined;
  const row = { id: key, version: 0, value: value.row };
  const item =
    kind === 'EVENT'
      ? eventToItem(row as unknown as Stored<EventDocument>, rules)
      : recordToItem(row as unknown as Stored<RecordDocument>, rules);
  return item && { ...item, enabled: isShown(key), json: JSON.stringify(item.data) };
}
