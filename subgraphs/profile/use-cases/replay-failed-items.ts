import type { IngestAnswer } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Stored, Write } from '../../../platform/store/store';
import type { FailedItem } from '../domain/failed-item';
import { type FailedItemStore, failedItemRemoval } from '../store/failed-item-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import { type IngestItems, itemsOf } from './ingest';
import type { Pipeline } from './pipeline';

/** A failed item to try again: mended, or as it came. */
export interface FailedItemReplay {
  readonly id: string;
  readonly body?: unknown;
}

/** Tries failed items again and answers each, in the order given. What is taken leaves the failed items. */
export type ReplayFailedItems = (
  sandbox: string,
  replays: readonly FailedItemReplay[],
  nowMs: number,
) => Promise<readonly IngestAnswer[]>;

/** Fails with NOT_FOUND for ids that are not among the failed, BAD_USER_INPUT for one whose body was not kept. */
export function createReplayFailedItems(dependencies: {
  readonly failed: FailedItemStore;
  readonly items: IngestItems;
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
}): ReplayFailedItems {
  const { failed, items, pipeline, configuration } = dependencies;
  return async (sandbox, replays, nowMs) => {
    const found = await failed.getMany(
      sandbox,
      replays.map(({ id }) => id),
    );
    const pairs = replays.map((replay, index) => [replay, known(found[index], replay)] as const);
    const answers: IngestAnswer[] = [];
    for (const [replay, { value }] of pairs) {
      const intake = { sandbox, dataset: value.dataset, bodies: [replay.body ?? value.body], nowMs };
      const checked = await items.check(intake, await configuration.settings(sandbox));
      const also = (outcomes: Parameters<IngestItems['answers']>[1]): readonly Write[] => [
        failedItemRemoval(replay.id),
        ...items.failures(sandbox, checked, outcomes, nowMs),
      ];
      const outcomes = await pipeline.submit(sandbox, { items: itemsOf(checked), also });
      answers.push(...items.answers(checked, outcomes));
    }
    return answers;
  };
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
