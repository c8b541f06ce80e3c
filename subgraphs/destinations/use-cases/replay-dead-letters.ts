import type { ProfileReader, ProfileSnapshot, SegmentReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Stored } from '../../../platform/store/store';
import type { Delivery } from '../domain/delivery';
import { findSegment, type Lane, laneId, newLane, noteNews } from '../domain/lane';
import type { Membership } from '../domain/message';
import type { DeliveryBook, DeliveryStore } from '../store/delivery-store';
import type { DestinationInUse, DestinationsConfiguration, Routes } from '../store/destinations-configuration';
import { countDelivery, ledgerId, withDelivery } from './take-in';

/** What replaying stands on. */
export interface ReplayDependencies {
  readonly store: DeliveryStore;
  readonly configuration: DestinationsConfiguration;
  readonly profiles: ProfileReader;
  readonly segments: SegmentReader;
  readonly clock: Clock;
  readonly wake: (sandbox: string, destination: string) => void;
}

/** How many dead letters are sent again, and how many have nothing to say any more. */
export interface Replay {
  readonly replayed: number;
  readonly skipped: number;
}

/** `ids` absent: all of the destination. Ids of what did not fail are passed over. */
export type ReplayDeadLetters = (sandbox: string, destination: string, ids?: readonly string[]) => Promise<Replay>;

const PAGE = 200;

/** Sends dead letters again, saying what is so now: nobody is added again after an exit. */
export function createReplayDeadLetters(dependencies: ReplayDependencies): ReplayDeadLetters {
  const { store, configuration, wake } = dependencies;
  return async (sandbox, destination, ids) => {
    const routes = await configuration.routes(sandbox);
    const target = routes.destinations.get(destination);
    if (!target) {
      throw new AppError('NOT_FOUND', `There is no destination ${destination}.`, { details: { destination } });
    }
    const total = { replayed: 0, skipped: 0 };
    for await (const page of deadLetters(store, sandbox, destination, ids)) {
      const { replayed, skipped } = await replayPage(dependencies, sandbox, target, routes, page);
      total.replayed += replayed;
      total.skipped += skipped;
      wake(sandbox, destination);
    }
    return total;
  };
}

async function* deadLetters(
  store: DeliveryStore,
  sandbox: string,
  destination: string,
  ids: readonly string[] | undefined,
): AsyncGenerator<readonly Stored<Delivery>[]> {
  if (ids) {
    const found = await store.deliveries(sandbox, [...new Set(ids)]);
    yield found.flatMap((one) => (one?.value.destination === destination && one.value.status === 'FAILED' ? one : []));
    return;
  }
  for (let after: string | undefined; ; ) {
    const page = await store.page(sandbox, { destination, status: 'FAILED', after, limit: PAGE });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
  }
}

async function replayPage(
  { store, profiles, segments, clock }: ReplayDependencies,
  sandbox: string,
  target: DestinationInUse,
  routes: Routes,
  page: readonly Stored<Delivery>[],
): Promise<Replay> {
  const nowMs = clock.now();
  const people = await profiles.getMany(
    sandbox,
    page.map(({ value }) => value.profileId),
  );
  const known = people.filter((person) => person !== undefined);
  const realized = await segments.realized(sandbox, known, nowMs);
  const segmentsOf = new Map(known.map(({ id }, index) => [id, realized[index] ?? []]));
  return store.change(sandbox, target.id, async (book) => {
    await loadFor(book, target.id, page);
    const replay = { replayed: 0, skipped: 0 };
    page.forEach(({ id }, index) => {
      const before = book.deliveries.get(id);
      if (before?.status !== 'FAILED') return;
      const person = people[index];
      const isActive = routes.bySegment.get(before.segment)?.some(({ destination }) => destination === target.id);
      const isMember = isActive && person && segmentsOf.get(person.id)?.includes(before.segment);
      const status = isMember ? 'REALIZED' : 'EXITED';
      const after = replayOne(book, target, id, before, person, status, nowMs);
      replay[after.status === 'PENDING' ? 'replayed' : 'skipped'] += 1;
    });
    return replay;
  });
}

async function loadFor(book: DeliveryBook, destination: string, page: readonly Stored<Delivery>[]): Promise<void> {
  const laneIds = page.map(({ value }) => laneId(destination, value.profileId));
  await book.lanes.load(laneIds);
  await book.ledger.load(page.map(({ value }) => ledgerId(destination, value.segment)));
  const queued = laneIds.flatMap((id) => book.lanes.get(id)?.queue ?? []);
  await book.deliveries.load([...page.map(({ id }) => id), ...queued]);
}

function replayOne(
  book: DeliveryBook,
  target: DestinationInUse,
  id: string,
  before: Delivery,
  person: ProfileSnapshot | undefined,
  status: Membership['status'],
  nowMs: number,
): Delivery {
  const lane = book.lanes.get(laneId(target.id, before.profileId)) ?? newLane(target.id, before.profileId);
  const known = findSegment(lane, before.segment);
  const qualifiedAtMs = known?.status === status ? known.qualifiedAtMs : nowMs;
  const membership: Membership = { segment: before.segment, status, qualifiedAtMs };
  const composed = isSuperseded(book, lane, membership)
    ? ({ kind: 'skip', reason: 'superseded' } as const)
    : target.composer.compose(person, membership, lane.identityMap, nowMs);
  const { reason: _, body: __, ...rest } = before;
  const told = { ...rest, membership: status, qualifiedAtMs, atMs: nowMs };
  const after: Delivery =
    composed.kind === 'message'
      ? { ...told, status: 'PENDING', attempts: 0, replays: before.replays + 1, body: composed.body }
      : { ...told, status: 'SKIPPED', reason: composed.reason };
  book.deliveries.set(id, after);
  countDelivery(book, before, after);
  if (composed.kind === 'message') {
    const news = { ...membership, profileId: before.profileId, activation: known?.activation ?? '' };
    const noted = noteNews(lane, { ...news, source: { kind: 'BACKFILL' } }, true);
    book.lanes.set(laneId(target.id, before.profileId), withDelivery(noted, id, composed, nowMs));
  }
  return after;
}

function isSuperseded(book: DeliveryBook, lane: Lane, { segment, status }: Membership): boolean {
  if (findSegment(lane, segment)?.sentStatus === status) return true;
  return lane.queue.some((id) => book.deliveries.get(id)?.segment === segment);
}
