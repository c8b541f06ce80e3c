import type { Stored, Write } from '../../../platform/store/store';
import type { Item } from '../domain/item';
import type { Limits } from '../domain/limits';
import type { IdentityRules } from '../domain/parse-identities';
import { type BatchItem, type BatchStore, batchItemDone, batchItemKey, batchWrite } from '../store/batch-store';
import type { EventDocument, RecordDocument } from '../store/item-documents';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { eventToItem, recordToItem } from '../store/to-item';
import type { ItemOutcome, PlanItems } from './pipeline';
import type { Plan } from './plan';

export interface ShowDependencies {
  readonly batches: BatchStore;
  readonly configuration: ProfileConfiguration;
  readonly limits: Limits;
  readonly planItems: PlanItems;
}

/**
 * Works items of a batch into the people whom they name. Those that are refused only now, as their person does not agree
 * or was deleted, are counted among the rejected.
 */
export async function planShow(
  { batches, configuration, limits, planItems }: ShowDependencies,
  sandbox: string,
  id: string,
  waiting: readonly Stored<BatchItem>[],
): Promise<Plan<void>> {
  const batch = await batches.get(sandbox, id);
  const { namespaces, isShown } = await configuration.settings(sandbox);
  const items = waiting.flatMap((each): readonly Item[] => {
    const item = toBatchItem(each, { namespaces, limits });
    return item ? [{ ...item, enabled: isShown(item.key), json: JSON.stringify(item.data) }] : [];
  });
  const also = (outcomes: readonly ItemOutcome[]): readonly Write[] => {
    const refused = outcomes.filter(({ status }) => status === 'REJECTED').length;
    if (refused === 0 || !batch) return [];
    const { accepted, rejected } = batch.value;
    const counted = { ...batch.value, accepted: accepted - refused, rejected: rejected + refused };
    return [batchWrite(id, counted, batch.version)];
  };
  const plan = await planItems(sandbox, [{ items, batch: id, also }]);
  return { ...plan, writes: [...plan.writes, ...waiting.map(batchItemDone)], result: undefined };
}

/** The item that waits in a batch, by the present namespaces; `undefined` for one that was worked in. */
export function toBatchItem({ id, value }: Stored<BatchItem>, rules: IdentityRules): Item | undefined {
  const { kind, key } = batchItemKey(id);
  if (!value.row) return undefined;
  const row = { id: key, version: 0, value: value.row };
  return kind === 'EVENT'
    ? eventToItem(row as unknown as Stored<EventDocument>, rules)
    : recordToItem(row as unknown as Stored<RecordDocument>, rules);
}
