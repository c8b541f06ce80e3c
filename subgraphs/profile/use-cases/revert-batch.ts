import type { Store, Write } from '../../../platform/store/store';
import { toStatus } from '../domain/batch';
import { type BatchStore, batchItemKey, batchItemRemoval, batchWrite } from '../store/batch-store';
import { eventsSpec, recordsSpec } from '../store/collections';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import { originsOf, withoutOrigin } from '../store/item-origins';
import type { JobHandler } from './jobs';
import type { Pipeline } from './pipeline';
import type { Plan } from './plan';
import { planRebuild, type RebuildDependencies } from './plan-rebuild';

export interface RevertBatchDependencies extends RebuildDependencies {
  readonly store: Store;
  readonly batches: BatchStore;
  readonly pipeline: Pipeline;
}

// How many items are taken back in one commit.
const AT_ONCE = 500;

/** Takes back what a batch brought: everybody whom it touched is made anew without it. What also came another way stays. */
export function createRevertBatch(dependencies: RevertBatchDependencies): JobHandler {
  const { batches, pipeline } = dependencies;
  return async (sandbox, { state, done }, id) => {
    const batch = await batches.get(sandbox, id);
    if (batch?.value.status !== 'REVERTING') return { state, done, finished: true };
    const page = await batches.page(sandbox, id, undefined, AT_ONCE);
    const finished = page.length < AT_ONCE;
    const rows = page.map((row) => row.id);
    const further = finished ? [batchWrite(id, toStatus(id, batch.value, 'REVERTED'), batch.version)] : [];
    await pipeline.perform(sandbox, () => planRevert(dependencies, sandbox, id, rows, further));
    return { state, done: done + page.length, finished };
  };
}

async function planRevert(
  dependencies: RevertBatchDependencies,
  sandbox: string,
  batch: string,
  rows: readonly string[],
  further: readonly Write[],
): Promise<Plan<void>> {
  const keys = rows.map(batchItemKey);
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
  return { ...plan, writes: [...writes, ...rows.map(batchItemRemoval), ...further, ...plan.writes] };
}
