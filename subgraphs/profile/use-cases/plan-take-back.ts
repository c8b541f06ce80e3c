import type { Stored, Write } from '../../../platform/store/store';
import { type BatchItem, batchItemKey, batchItemRemovals } from '../store/batch-store';
import { eventsSpec, recordsSpec } from '../store/collections';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import { originsOf, withoutOrigin } from '../store/item-origins';
import type { Plan } from './plan';
import { planRebuild, type RebuildDependencies } from './plan-rebuild';

export type TakeBackDependencies = RebuildDependencies;

/**
 * Takes items of a batch back: everybody whom they touched is made anew without them. What also came another way stays;
 * what still waited never comes.
 */
export async function planTakeBack(
  dependencies: TakeBackDependencies,
  sandbox: string,
  batch: string,
  taken: readonly Stored<BatchItem>[],
): Promise<Plan<void>> {
  const keys = taken.map(({ id }) => batchItemKey(id));
  const keysOf = (kind: 'EVENT' | 'RECORD') => keys.filter((each) => each.kind === kind).map(({ key }) => key);
  const events = await dependencies.items.events(sandbox, keysOf('EVENT'));
  const records = await dependencies.items.records(sandbox, keysOf('RECORD'));
  const removed = new Set<string>();
  const owners = new Set<string>();
  const writes: Write[] = [];
  const takeBack = (collection: string, { id, version, value }: KeptEvent | KeptRecord): void => {
    if (!originsOf(value).includes(batch)) return;
    const left = withoutOrigin(value, batch);
    if (left) writes.push({ kind: 'put', collection, id, value: left, expected: version });
    else {
      writes.push({ kind: 'delete', collection, id, expected: version });
      removed.add(id);
      if (value.owner !== undefined) owners.add(value.owner);
    }
  };
  for (const event of events) takeBack(eventsSpec.name, event);
  for (const record of records) takeBack(recordsSpec.name, record);
  const cause = { kind: 'IMPORT', reference: batch } as const;
  const plan = await planRebuild(dependencies, { sandbox, owners, removed, cause });
  return { ...plan, writes: [...writes, ...taken.flatMap(batchItemRemovals), ...plan.writes] };
}
