import type { ProfileEvent } from '../../../flow/events';
import type { Bound, Store, Stored } from '../../../platform/store/store';
import type { IdentityState } from '../domain/head';
import { eventsSpec } from './collections';
import type { EventDocument } from './item-documents';

/** A place among events, the newest first. */
export interface EventPosition {
  readonly timestampMs: number;
  readonly key: string;
}

/** Which events are asked for: the newest first, before a position, not older than `fromMs`. */
export interface EventQuery {
  readonly before?: EventPosition;
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly limit: number;
}

/** The events of identities. */
export interface EventStore {
  /** The newest events of all the identities together, that time first; equal times by key, the last first. */
  newest(sandbox: string, identities: readonly IdentityState[], query: EventQuery): Promise<readonly ProfileEvent[]>;
  /** All events of each of these identities, in the order given, of each the oldest first. */
  ofEach(sandbox: string, owners: readonly string[]): Promise<readonly (readonly ProfileEvent[])[]>;
  /** All events of one identity, the oldest first. */
  all(sandbox: string, owner: string): Promise<readonly ProfileEvent[]>;
  /** The keys of the oldest events of one identity. */
  oldest(sandbox: string, owner: string, limit: number): Promise<readonly string[]>;
}

// Far above what is kept of anybody.
const MOST_EVENTS = 1_000_000;

/** Over the store's collection. */
export function createEventStore(store: Store): EventStore {
  const collection = store.collection<EventDocument>(eventsSpec.name);
  const ofOwner = async (sandbox: string, owner: string, query: EventQuery): Promise<readonly ProfileEvent[]> => {
    const { fromMs, limit } = query;
    const upper = upperBound(query);
    const found = await collection.range(sandbox, {
      index: 'owner',
      prefix: [owner],
      reverse: true,
      limit,
      ...(upper ? { upper } : {}),
      ...(fromMs === undefined ? {} : { lower: { values: [fromMs], inclusive: true } }),
    });
    return found.map(toEvent);
  };
  return {
    async newest(sandbox, identities, query) {
      const owners = identities.filter(({ events }) => events > 0).map(({ key }) => key);
      const lists = await Promise.all(owners.map((owner) => ofOwner(sandbox, owner, query)));
      const [only = []] = lists;
      return lists.length <= 1 ? only : lists.flat().sort(newestFirst).slice(0, query.limit);
    },
    async all(sandbox, owner) {
      return (await collection.range(sandbox, { index: 'owner', prefix: [owner], limit: MOST_EVENTS })).map(toEvent);
    },
    async ofEach(sandbox, owners) {
      const found = owners.length > 0 ? await collection.ranges(sandbox, 'owner', owners) : [];
      return found.map((rows) => rows.map(toEvent));
    },
    async oldest(sandbox, owner, limit) {
      const found = await collection.range(sandbox, { index: 'owner', prefix: [owner], limit });
      return found.map(({ id }) => id);
    },
  };
}

function upperBound({ before, toMs }: EventQuery): Bound | undefined {
  if (before && (toMs === undefined || before.timestampMs < toMs)) {
    return { values: [before.timestampMs, before.key], inclusive: false };
  }
  return toMs === undefined ? undefined : { values: [toMs], inclusive: false };
}

/** The newest first; equal times by key, the last first. */
export function newestFirst(a: EventPosition, b: EventPosition): number {
  return b.timestampMs - a.timestampMs || (a.key < b.key ? 1 : -1);
}

function toEvent({ id, value }: Stored<EventDocument>): ProfileEvent {
  return { key: id, timestampMs: value.timestampMs, data: value.data ?? {} };
}
