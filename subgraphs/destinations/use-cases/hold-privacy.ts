import type { DispatchTraces } from '../../../flow/dispatch-traces';
import type { PrivacyErasure, PrivacyHolder } from '../../../flow/ports';
import type { Stored } from '../../../platform/store/store';
import type { Delivery } from '../domain/delivery';
import type { Lane } from '../domain/lane';
import type { DeliveryBook, DeliveryStore, OfProfiles } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import { countDelivery, ledgerId } from './take-in';

/** What holding for privacy jobs stands on. */
export interface HoldPrivacyDependencies {
  readonly store: DeliveryStore;
  readonly configuration: DestinationsConfiguration;
  readonly dispatch: DispatchTraces;
}

/** Why the ledger counts what was still to be sent, and was not, as failed. */
const DELETED = 'person was deleted';

/** Deliveries and what destinations were told, for privacy jobs (P-19). What they are still to be told goes out first. */
export function createHoldPrivacy({ store, configuration, dispatch }: HoldPrivacyDependencies): PrivacyHolder {
  /** How many messages wait at destinations that may still take them. */
  const waiting = async (sandbox: string, { lanes }: OfProfiles): Promise<number> => {
    const { destinations } = await configuration.routes(sandbox);
    const open = lanes.filter(({ value }) => destinations.get(value.destination)?.destination.enabled);
    return open.reduce((sum, { value }) => sum + value.queue.length, 0);
  };
  return {
    name: 'destinations',
    async gather(sandbox, { profileIds }) {
      const { lanes, deliveries } = await store.ofProfiles(sandbox, profileIds);
      const deadLetters = await dispatch.deadLetters(sandbox, profileIds);
      const document = {
        told: lanes.map(({ value }) => value),
        deliveries: deliveries.map(({ id, value }) => ({ id, ...value })),
        deadLetters: deadLetters.map(({ id, value }) => ({ id, ...value })),
      };
      return { found: lanes.length + deliveries.length + deadLetters.length, document };
    },
    async erase(sandbox, { profileIds }, atOnce): Promise<PrivacyErasure> {
      const nothing = { found: 0, removed: 0 };
      if (!atOnce && !(await dispatch.isHandled(sandbox, profileIds))) return { ...nothing, pending: 1 };
      const own = await store.ofProfiles(sandbox, profileIds);
      const pending = await waiting(sandbox, own);
      if (pending > 0 && !atOnce) return { ...nothing, pending };
      const undelivered = own.lanes.reduce((sum, { value }) => sum + value.queue.length, 0);
      for (const destination of destinationsOf(own)) await eraseAt(store, sandbox, destination, own);
      const removed = own.lanes.length + own.deliveries.length + (await dispatch.eraseDeadLetters(sandbox, profileIds));
      const exitsSent = own.deliveries.filter(({ value }) => value.membership === 'EXITED' && value.status === 'SENT');
      return { found: removed, removed, pending: 0, detail: { exitsSent: exitsSent.length, undelivered } };
    },
  };
}

function destinationsOf({ lanes, deliveries }: OfProfiles): ReadonlySet<string> {
  return new Set([...lanes, ...deliveries].map(({ value }) => value.destination));
}

async function eraseAt(store: DeliveryStore, sandbox: string, destination: string, own: OfProfiles): Promise<void> {
  const isHere = ({ value }: Stored<Lane | Delivery>): boolean => value.destination === destination;
  const lanes = own.lanes.filter(isHere);
  const deliveries = own.deliveries.filter(isHere);
  await store.change(sandbox, destination, async (book) => {
    await book.deliveries.load(deliveries.map(({ id }) => id));
    await book.ledger.load(deliveries.map(({ value }) => ledgerId(destination, value.segment)));
    for (const { id } of lanes) book.lanes.remove(id);
    for (const { id } of deliveries) eraseDelivery(book, id);
  });
}

// The ledger goes on to add up: what was not sent any more has failed.
function eraseDelivery(book: DeliveryBook, id: string): void {
  const before = book.deliveries.get(id);
  if (before?.status === 'PENDING') countDelivery(book, before, { ...before, status: 'FAILED', reason: DELETED });
  book.deliveries.remove(id);
}
