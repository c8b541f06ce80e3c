import type { Stored } from '../../../platform/store/store';
import { dequeue, type Lane } from '../domain/lane';
import type { DeliveryStore } from '../store/delivery-store';

/**
 * Takes lanes for this process until `untilMs`, by making them due only then: whoever comes later finds them not due, and
 * what a process leaves behind falls due by itself. Answers with those that nobody else took in between.
 */
export async function claimLanes(
  store: DeliveryStore,
  sandbox: string,
  destination: string,
  lanes: readonly Stored<Lane>[],
  untilMs: number,
): Promise<readonly Stored<Lane>[]> {
  return store.change(sandbox, destination, async (book) => {
    await book.lanes.load(lanes.map(({ id }) => id));
    return lanes.filter(({ id, value }) => {
      const lane = book.lanes.get(id);
      if (!lane || lane.dueAtMs !== value.dueAtMs || lane.queue[0] !== value.queue[0]) return false;
      book.lanes.set(id, { ...lane, dueAtMs: untilMs });
      return true;
    });
  });
}

/** Takes deliveries that do not wait any more out of the front of their lanes. */
export async function dropHeads(
  store: DeliveryStore,
  sandbox: string,
  destination: string,
  lanes: readonly Stored<Lane>[],
  nowMs: number,
): Promise<void> {
  await store.change(sandbox, destination, async (book) => {
    await book.lanes.load(lanes.map(({ id }) => id));
    for (const { id, value } of lanes) {
      const lane = book.lanes.get(id);
      if (lane) book.lanes.set(id, dequeue(lane, value.queue[0] ?? '', nowMs));
    }
  });
}
