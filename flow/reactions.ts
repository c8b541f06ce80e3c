import type { LogEntry } from '../platform/store/event-log';
import type { FlowEventName, FlowEvents } from './events';
import type { flowTable, SubgraphName } from './table';

/** How one delivered event ended. `retry` keeps the events of that key behind it; the others go on. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string };

export const DONE: Outcome = { kind: 'done' };

/**
 * Takes a batch in order of position and answers with one outcome each, in the same order. Must be idempotent: after a
 * crash the same events come again. Throwing means `retry` for the whole batch.
 */
export type Reaction<E extends FlowEventName> = (
  entries: readonly LogEntry<FlowEvents[E]>[],
) => Promise<readonly Outcome[]>;

type EventsTo<S extends SubgraphName> = {
  [E in FlowEventName]: S extends (typeof flowTable)[E]['to'][number] ? E : never;
}[FlowEventName];

/** Exactly the handlers that the table's rows name for subgraph `S`: one missing or one too many does not compile. */
export type ReactionsOf<S extends SubgraphName> = { readonly [E in EventsTo<S>]: Reaction<E> };
