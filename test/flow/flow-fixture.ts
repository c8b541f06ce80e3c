import { createDispatcher, type Dispatcher, dispatchCollections } from '../../flow/dispatch';
import type { ProfileChanged } from '../../flow/events';
import type { DispatchDeadLetter } from '../../flow/offsets';
import type { Reaction } from '../../flow/reactions';
import type { Clock } from '../../platform/clock';
import { createUlids } from '../../platform/ids';
import { createLog } from '../../platform/log';
import { createMetrics } from '../../platform/metrics';
import type { Platform } from '../../platform/platform';
import type { NewLogEntry } from '../../platform/store/event-log';
import type { CollectionSpec, Store } from '../../platform/store/store';
import { createManualClock, type ManualClock } from '../support/manual-clock';

/** What the tests of the flow keep: the dispatchers' own, and what their reactions write. */
export const FLOW_COLLECTIONS: readonly CollectionSpec[] = [
  ...dispatchCollections,
  { name: 'applied', indexes: [{ name: 'key', fields: ['key', 'revision'] }] },
];

/** The reaction of the segments subgraph, which stands for any. */
export type OnProfileChanged = Reaction<'ProfileChanged'>;

/** A platform over `store` whose log is silent. */
function createPlatform(store: Store, clock: Clock): Platform {
  return { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
}

type DispatcherOptions = Omit<
  Parameters<typeof createDispatcher<'segments'>>[0],
  'platform' | 'subgraph' | 'reactions'
>;

/** A dispatcher to one reaction, started. Failed entries wait 1 s, 2 s, 4 s …, exactly, and are given up at the fourth. */
export function startDispatcher(
  store: Store,
  clock: Clock,
  reaction: OnProfileChanged,
  options: DispatcherOptions = {},
): Dispatcher {
  const dispatcher = createDispatcher({
    platform: createPlatform(store, clock),
    subgraph: 'segments',
    reactions: { ProfileChanged: reaction },
    retry: { attempts: 4, firstMs: 1000, random: () => 1 },
    leaseClock: createManualClock(),
    ...options,
  });
  dispatcher.start();
  return dispatcher;
}

/** The announcement that `profileId` came to `revision`. */
export function changeOf(profileId: string, revision: number): NewLogEntry {
  const cause = { kind: 'EVENT', reference: `web|${revision}` } as const;
  const body: ProfileChanged = { profileId, revision, atMs: revision, cause, events: [] };
  return { stream: 'ProfileChanged', key: profileId, id: `${profileId}|${revision}`, at: revision, body };
}

/** Commits announcements in the order given. */
export async function announce(store: Store, entries: readonly NewLogEntry[]): Promise<void> {
  await store.commit({ sandbox: 'one', writes: [], entries });
}

/** A lease clock for a process that comes after one that died: what that one held has run out. */
export function createLaterClock(): ManualClock {
  return createManualClock(createManualClock().now() + 60_000);
}

/** What was given up so far, in order of time. */
export async function deadLetters(store: Store): Promise<readonly DispatchDeadLetter[]> {
  const letters = store.collection<DispatchDeadLetter>('dispatch_dead_letters');
  const all = await letters.range('.dispatch', { index: 'at', prefix: ['segments'], limit: 1000 });
  return all.map(({ value }) => value);
}

/** A promise that is kept from outside. */
export function createGate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
