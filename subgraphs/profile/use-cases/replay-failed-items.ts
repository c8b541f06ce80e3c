import type { IngestAnswer } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Stored, Write } from '../../../platform/store/store';
import type { BatchStatus } from '../domain/batch';
import type { FailedItem } from '../domain/failed-item';
import { ItemFault } from '../domain/item-fault';
import { idOf } from '../domain/parse-item';
import { type FailedItemStore, failedItemRemoval } from '../store/failed-item-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Batches } from './batches';
import { type IngestItems, type Intake, itemsOf, refusal } from './ingest';
import type { Pipeline } from './pipeline';

/** A failed item to try again: mended, or as it came. */
export interface FailedItemReplay {
  readonly id: string;
  readonly body?: unknown;
}

/**
 * Tries failed items again and answers each, in the order given. What is taken leaves the failed items. One that was sent
 * for a batch goes into that batch; when that takes no more, it is refused as BATCH_NOT_OPEN and stays.
 */
export type ReplayFailedItems = (
  sandbox: string,
  replays: readonly FailedItemReplay[],
  nowMs: number,
) => Promise<readonly IngestAnswer[]>;

/** Fails with NOT_FOUND for ids that are not among the failed, BAD_USER_INPUT for one whose body was not kept. */
export function createReplayFailedItems(dependencies: {
  readonly failed: FailedItemStore;
  readonly items: IngestItems;
  readonly batches: Batches;
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
}): ReplayFailedItems {
  const { failed, items, batches, pipeline, configuration } = dependencies;

  const takeIn = async (id: string, intake: Intake): Promise<readonly IngestAnswer[]> => {
    const { sandbox, nowMs } = intake;
    const checked = await items.check(intake, await configuration.settings(sandbox));
    const also = (outcomes: Parameters<IngestItems['answers']>[1]): readonly Write[] => [
      failedItemRemoval(id),
      ...items.failures(sandbox, checked, outcomes, nowMs),
    ];
    const outcomes = await pipeline.submit(sandbox, { items: itemsOf(checked), also });
    return items.answers(checked, outcomes);
  };
  const putIntoBatch = async (id: string, batch: string, intake: Intake): Promise<readonly IngestAnswer[]> => {
    const status = (await batches.find(intake.sandbox, batch))?.value.status;
    return status === 'OPEN' ? batches.put(batch, intake, id) : [notOpen(batch, status, intake)];
  };

  return async (sandbox, replays, nowMs) => {
    const found = await failed.getMany(
      sandbox,
      replays.map(({ id }) => id),
    );
    const pairs = replays.map((replay, index) => [replay, known(found[index], replay)] as const);
    const answers: IngestAnswer[] = [];
    for (const [{ id, body }, { value }] of pairs) {
      const { dataset, batch } = value;
      const intake = { sandbox, dataset, bodies: [body ?? value.body], nowMs };
      answers.push(...(await (batch === undefined ? takeIn(id, intake) : putIntoBatch(id, batch, intake))));
    }
    return answers;
  };
}

function notOpen(batch: string, status: BatchStatus | undefined, { bodies: [body] }: Intake): IngestAnswer {
  const state = status ? `is ${status}` : 'is not there any more';
  const message = `Its batch ${batch} ${state} and takes no items; send it by itself, or in a new batch.`;
  return refusal(idOf(body), new ItemFault('BATCH_NOT_OPEN', '', message));
}

function known(stored: Stored<FailedItem> | undefined, { id, body }: FailedItemReplay): Stored<FailedItem> {
  if (!stored) throw new AppError('NOT_FOUND', `There is no failed item ${id}.`, { details: { id } });
  if (body === undefined && stored.value.body === undefined) {
    throw new AppError('BAD_USER_INPUT', `The failed item ${id} was too large to keep; send it mended.`, {
      details: { id, path: 'body' },
    });
  }
  return stored;
}
