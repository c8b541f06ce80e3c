import { decideAnew } from '../../../platform/store/decide-anew';
import type { Collection, CollectionSpec, Store, Stored } from '../../../platform/store/store';
import { createTurns } from '../../../platform/turns';
import type { Breaker } from '../domain/breaker';
import type { Delivery, DeliveryStatus } from '../domain/delivery';
import type { Lane } from '../domain/lane';
import type { Ledger } from '../domain/ledger';
import { createDraft, type Draft } from './draft';

const DELIVERIES = 'destinations_deliveries';
const LANES = 'destinations_lanes';
const LEDGER = 'destinations_ledger';
const BREAKERS = 'destinations_breakers';

/** What deliveries are kept in. */
export const deliverySpecs: readonly CollectionSpec[] = [
  {
    name: DELIVERIES,
    indexes: [
      { name: 'all', fields: ['destination'] },
      { name: 'status', fields: ['destination', 'status'] },
      { name: 'profile', fields: ['profileId'] },
    ],
  },
  {
    name: LANES,
    indexes: [
      { name: 'all', fields: ['destination'] },
      { name: 'due', fields: ['destination', 'dueAtMs'] },
      { name: 'profile', fields: ['profileId'] },
      { name: 'identity', fields: ['destination', 'identityKey'] },
    ],
  },
  { name: LEDGER, indexes: [{ name: 'all', fields: ['destination'] }] },
  { name: BREAKERS, indexes: [] },
];

/** What one commit about deliveries of one destination may change. */
export interface DeliveryBook {
  readonly lanes: Draft<Lane>;
  readonly deliveries: Draft<Delivery>;
  readonly ledger: Draft<Ledger>;
  readonly breakers: Draft<Breaker>;
}

/** Deliveries, the lanes that they wait in, and their counts. */
export interface DeliveryStore {
  /**
   * Reads, decides and commits as one step; tried again when another process came between. `change` may run several times.
   * Within this process, the steps of one destination follow one another.
   */
  change<R>(sandbox: string, destination: string, change: (book: DeliveryBook) => Promise<R>): Promise<R>;
  deliveries(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<Delivery> | undefined)[]>;
  lanes(sandbox: string, ids: readonly string[]): Promise<readonly (Stored<Lane> | undefined)[]>;
  breaker(sandbox: string, destination: string): Promise<Breaker | undefined>;
  /** Lanes of a destination by id, from just after `after`. */
  lanesOf(
    sandbox: string,
    destination: string,
    options: { readonly after: string; readonly limit: number },
  ): Promise<readonly Stored<Lane>[]>;
  /** Lanes whose first delivery may be tried at `nowMs`, the longest due first. */
  dueLanes(sandbox: string, destination: string, nowMs: number, limit: number): Promise<readonly Stored<Lane>[]>;
  /** When the next lane after `nowMs` falls due. */
  nextDueMs(sandbox: string, destination: string, nowMs: number): Promise<number | undefined>;
  /** Lanes of people who were last sent with these identities. */
  lanesByIdentity(sandbox: string, destination: string, identityKey: string): Promise<readonly Stored<Lane>[]>;
  /** A page of deliveries in the order they were taken in. */
  page(sandbox: string, query: DeliveryQuery): Promise<readonly Stored<Delivery>[]>;
  ledger(sandbox: string, destination: string): Promise<readonly Ledger[]>;
  /** What there is of these profiles, at all destinations. */
  ofProfiles(sandbox: string, profileIds: readonly string[]): Promise<OfProfiles>;
}

/** Everything about some profiles. */
export interface OfProfiles {
  readonly lanes: readonly Stored<Lane>[];
  readonly deliveries: readonly Stored<Delivery>[];
}

export interface DeliveryQuery {
  readonly destination: string;
  readonly status?: DeliveryStatus | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** More segments than one destination has. */
const LEDGER_ROWS = 10_000;
/** Far above what is kept of anybody. */
const MOST_ROWS = 100_000;

/** Over the collections of `deliverySpecs`. */
export function createDeliveryStore(store: Store): DeliveryStore {
  const deliveries = store.collection<Delivery>(DELIVERIES);
  const lanes = store.collection<Lane>(LANES);
  const ledger = store.collection<Ledger>(LEDGER);
  const breakers = store.collection<Breaker>(BREAKERS);
  const turns = createTurns();

  const decide = async <R>(sandbox: string, change: (book: DeliveryBook) => Promise<R>): Promise<() => Promise<R>> => {
    const draft = <T extends object>(collection: Collection<T>): Draft<T> => createDraft(collection, sandbox);
    const book = {
      lanes: draft(lanes),
      deliveries: draft(deliveries),
      ledger: draft(ledger),
      breakers: draft(breakers),
    };
    const result = await change(book);
    const writes = [book.lanes, book.deliveries, book.ledger, book.breakers].flatMap((part) => part.writes());
    return async () => {
      if (writes.length > 0) await store.commit({ sandbox, writes });
      return result;
    };
  };

  return {
    change: (sandbox, destination, change) =>
      turns.run(`${sandbox}|${destination}`, () => decideAnew(() => decide(sandbox, change))),
    deliveries: (sandbox, ids) => deliveries.getMany(sandbox, ids),
    lanes: (sandbox, ids) => lanes.getMany(sandbox, ids),
    breaker: async (sandbox, destination) => (await breakers.get(sandbox, destination))?.value,
    lanesOf: (sandbox, destination, { after, limit }) =>
      lanes.range(sandbox, {
        index: 'all',
        prefix: [destination],
        lower: { values: [after], inclusive: false },
        limit,
      }),
    dueLanes: (sandbox, destination, nowMs, limit) =>
      lanes.range(sandbox, {
        index: 'due',
        prefix: [destination],
        upper: { values: [nowMs], inclusive: true },
        limit,
      }),
    async nextDueMs(sandbox, destination, nowMs) {
      const lower = { values: [nowMs], inclusive: false };
      const [next] = await lanes.range(sandbox, { index: 'due', prefix: [destination], lower, limit: 1 });
      return next?.value.dueAtMs;
    },
    lanesByIdentity: (sandbox, destination, identityKey) =>
      lanes.range(sandbox, { index: 'identity', prefix: [destination, identityKey], limit: 100 }),
    page: (sandbox, { destination, status, after, limit }) =>
      deliveries.range(sandbox, {
        index: status ? 'status' : 'all',
        prefix: status ? [destination, status] : [destination],
        ...(after ? { lower: { values: [after], inclusive: false } } : {}),
        limit,
      }),
    async ofProfiles(sandbox, profileIds) {
      const query = (id: string) => ({ index: 'profile', prefix: [id], limit: MOST_ROWS });
      const foundLanes = await Promise.all(profileIds.map((id) => lanes.range(sandbox, query(id))));
      const found = await Promise.all(profileIds.map((id) => deliveries.range(sandbox, query(id))));
      return { lanes: foundLanes.flat(), deliveries: found.flat() };
    },
    async ledger(sandbox, destination) {
      const rows = await ledger.range(sandbox, { index: 'all', prefix: [destination], limit: LEDGER_ROWS });
      return rows.map(({ value }) => value);
    },
  };
}
