import type { IngestAnswer } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Store, Stored, Write } from '../../../platform/store/store';
import { type Batch, checkOpen, toStatus } from '../domain/batch';
import type { Item } from '../domain/item';
import { type BatchItemKey, type BatchStore, batchItemId, batchItemWrites, batchWrite } from '../store/batch-store';
import { failedItemRemoval } from '../store/failed-item-store';
import { jobWrite, newJob } from '../store/job-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { findDuplicates } from './find-duplicates';
import { datasetFor, type IngestItems, type Intake, itemsOf } from './ingest';
import type { Jobs } from './jobs';
import type { ItemOutcome, Pipeline } from './pipeline';
import type { Plan } from './plan';

/** The kind of job that works a batch into people after it became visible, or ceased to be. */
export const BATCH_JOB = 'BATCH';

// The work on a batch with up to so many items is waited for.
const MOST_AWAITED = 1_000;
/** Batches: what is put into one is seen by nobody until it is complete, and can be taken back (P-6). */
export interface Batches {
  find(sandbox: string, id: string): Promise<Stored<Batch> | undefined>;
  start(sandbox: string, dataset: string): Promise<Stored<Batch>>;
  /**
   * Checks items and puts them aside. `mends`: the failed item that this is, which leaves the failed items. Fails with
   * NOT_FOUND, or with CONFLICT where the batch takes no more.
   */
  put(id: string, intake: Intake, mends?: string): Promise<readonly IngestAnswer[]>;
  /** From then on all of it is seen. Fails with NOT_FOUND, or with CONFLICT where it was completed already. */
  complete(sandbox: string, id: string): Promise<Stored<Batch>>;
  /** From then on nothing of it is seen. Fails with NOT_FOUND, or with CONFLICT where it is not complete. */
  revert(sandbox: string, id: string): Promise<Stored<Batch>>;
}

export interface BatchDependencies {
  readonly store: Store;
  readonly batches: BatchStore;
  readonly items: IngestItems;
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Over the pipeline, with jobs for what takes long. */
export function createBatches(dependencies: BatchDependencies): Batches {
  const { store, batches, items, pipeline, configuration, jobs, clock, ids } = dependencies;

  const get = async (sandbox: string, id: string): Promise<Stored<Batch>> => {
    const found = await batches.get(sandbox, id);
    if (found) return found;
    throw new AppError('NOT_FOUND', `There is no batch ${id}.`, { details: { id } });
  };

  // One commit decides what is seen. Working it into people follows; readers do not wait for it, nor does who asks for much.
  const turn = async (sandbox: string, id: string, status: 'COMPLETED' | 'REVERTED') => {
    const shown = status === 'COMPLETED';
    const total = await decideAnew(async () => {
      const { value, version } = await get(sandbox, id);
      const next = toStatus(id, value, status);
      const items = value.accepted + value.duplicates;
      const writes = [batchWrite(id, next, version), jobWrite(id, newJob(BATCH_JOB, clock.now(), {}, items))];
      const move = (await configuration.moves.all(sandbox)).get(id);
      return async () => {
        // Another process was faster: what it did shows when the batch is looked at anew.
        if (move?.value.shown === shown) throw beingChanged(id);
        await configuration.moves.put(sandbox, id, { shown }, move?.version ?? 0, { writes });
        return items;
      };
    });
    const work = jobs.run(sandbox, id);
    if (total <= MOST_AWAITED) await work;
    return get(sandbox, id);
  };

  return {
    find: (sandbox, id) => batches.get(sandbox, id),
    async start(sandbox, dataset) {
      const intake = { sandbox, dataset, bodies: [], nowMs: clock.now() };
      datasetFor(intake, await configuration.settings(sandbox));
      const id = ids.next();
      const batch: Batch = { dataset, status: 'OPEN', accepted: 0, duplicates: 0, rejected: 0 };
      await store.commit({ sandbox, writes: [batchWrite(id, batch, null)] });
      return { id, version: 1, value: batch };
    },
    async put(id, intake, mends) {
      const { sandbox, nowMs } = intake;
      checkOpen(id, (await get(sandbox, id)).value, intake.dataset);
      const checked = await items.check({ ...intake, batch: id }, await configuration.settings(sandbox));
      const also = (outcomes: readonly ItemOutcome[]): readonly Write[] => [
        ...(mends === undefined ? [] : [failedItemRemoval(mends)]),
        ...items.failures(sandbox, checked, outcomes, nowMs),
      ];
      const mended = mends === undefined ? 0 : 1;
      const outcomes = await pipeline.perform(sandbox, () =>
        planPut(dependencies, id, { ...intake, mended }, itemsOf(checked), also),
      );
      return items.answers(checked, outcomes);
    },
    complete: (sandbox, id) => turn(sandbox, id, 'COMPLETED'),
    revert: (sandbox, id) => turn(sandbox, id, 'REVERTED'),
  };
}

async function planPut(
  { store, batches }: BatchDependencies,
  id: string,
  { sandbox, dataset, bodies, mended }: Intake & { readonly mended: number },
  items: readonly Item[],
  failures: (outcomes: readonly ItemOutcome[]) => readonly Write[],
): Promise<Plan<readonly ItemOutcome[]>> {
  const found = await batches.get(sandbox, id);
  if (!found) throw new AppError('NOT_FOUND', `There is no batch ${id}.`, { details: { id } });
  checkOpen(id, found.value, dataset);
  const waiting = items.filter(isData);
  const inBatch = await batches.known(sandbox, id, waiting);
  const elsewhere = await findDuplicates(store, sandbox, [{ items: waiting, batch: id }]);
  const writes: Write[] = [];
  const put = new Set(inBatch);
  const outcomes = waiting.map((item): ItemOutcome => {
    const own = batchItemId(id, item);
    const isKnown = put.has(own);
    put.add(own);
    // Also what came another way already is part of the batch: it stays when that other way is taken back.
    if (!isKnown) writes.push(...batchItemWrites(id, item));
    return { status: isKnown || elsewhere.items.has(item) ? 'DUPLICATE' : 'ACCEPTED' };
  });
  const accepted = outcomes.filter(({ status }) => status === 'ACCEPTED').length;
  const { value, version } = found;
  const counted: Batch = {
    ...value,
    accepted: value.accepted + accepted,
    duplicates: value.duplicates + outcomes.length - accepted,
    // What is tried again was counted when it failed.
    rejected: Math.max(0, value.rejected - mended + bodies.length - outcomes.length),
  };
  writes.push(batchWrite(id, counted, version), ...failures(outcomes));
  return { writes, entries: [], changed: [], result: outcomes };
}

function isData(item: Item): item is Item & BatchItemKey {
  return item.kind === 'EVENT' || item.kind === 'RECORD';
}

function beingChanged(id: string): AppError {
  return new AppError('CONFLICT', `The batch ${id} is being changed by others.`, { details: { id } });
}
