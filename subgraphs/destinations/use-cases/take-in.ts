import type { ProfileReader, ProfileSnapshot, SegmentReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import type { Ids } from '../../../platform/ids';
import type { Delivery } from '../domain/delivery';
import { identityKey } from '../domain/identity-map';
import { enqueue, findSegment, judgeNews, type Lane, laneId, type News, newLane, noteNews } from '../domain/lane';
import { count, newLedger } from '../domain/ledger';
import type { Composition } from '../domain/message';
import type { DeliveryBook, DeliveryStore } from '../store/delivery-store';
import type { DestinationInUse, DestinationsConfiguration, Routes } from '../store/destinations-configuration';
import { createMergeRule, type MergeRule } from './merge-rule';

/** What taking in stands on. */
export interface TakeInDependencies {
  readonly store: DeliveryStore;
  readonly configuration: DestinationsConfiguration;
  readonly profiles: ProfileReader;
  readonly segments: SegmentReader;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Notes news for one destination, and makes a delivery of each that it is to be told. Idempotent. In order per profile. */
export type TakeIn = (sandbox: string, target: DestinationInUse, news: readonly News[]) => Promise<void>;

/** Every delivery is written in one commit with the lane that it waits in and the count of it. */
export function createTakeIn(dependencies: TakeInDependencies): TakeIn {
  const { store, configuration, profiles, segments, clock, ids } = dependencies;
  const mergeRule = createMergeRule(store, segments);
  return async (sandbox, target, news) => {
    const people = await readPeople(profiles, sandbox, news);
    const rule = await mergeRule(sandbox, target, news, people, clock.now());
    await store.change(sandbox, target.id, async (book) => {
      const routes = await configuration.routes(sandbox);
      await loadFor(book, target.id, news);
      for (const one of news.filter((one) => isWanted(routes, target.id, one)))
        await takeOne(book, target, one, people.get(one.profileId), rule, clock.now(), ids);
    });
  };
}

// Looked at inside the step: the end of an activation waits for steps before it, and those after it must see it.
function isWanted({ bySegment }: Routes, destination: string, { source, segment, activation }: News): boolean {
  if (source.kind === 'END') return true;
  const current = bySegment.get(segment)?.find((known) => known.destination === destination);
  return current?.key === activation;
}

async function readPeople(
  profiles: ProfileReader,
  sandbox: string,
  news: readonly News[],
): Promise<ReadonlyMap<string, ProfileSnapshot>> {
  const profileIds = [...new Set(news.map(({ profileId }) => profileId))];
  const found = await profiles.getMany(sandbox, profileIds);
  const people = new Map<string, ProfileSnapshot>();
  profileIds.forEach((id, index) => {
    const person = found[index];
    if (person) people.set(id, person);
  });
  return people;
}

async function loadFor(book: DeliveryBook, destination: string, news: readonly News[]): Promise<void> {
  await book.lanes.load(news.map(({ profileId }) => laneId(destination, profileId)));
  await book.ledger.load(news.map(({ segment }) => ledgerId(destination, segment)));
}

async function takeOne(
  book: DeliveryBook,
  target: DestinationInUse,
  news: News,
  person: ProfileSnapshot | undefined,
  rule: MergeRule,
  nowMs: number,
  ids: Ids,
): Promise<void> {
  const id = laneId(target.id, news.profileId);
  const lane = book.lanes.get(id) ?? newLane(target.id, news.profileId);
  const verdict = judgeNews(lane, news);
  if (verdict === 'ignore') return;
  if (verdict === 'note' || (await rule.settles(book, lane, news, person))) {
    const told = news.status === 'REALIZED' && (verdict === 'tell' || (findSegment(lane, news.segment)?.told ?? false));
    book.lanes.set(id, noteNews(lane, news, told));
    return;
  }
  const composed = target.composer.compose(person, news, lane.identityMap, nowMs);
  const delivery = toDelivery(target.id, news, composed, nowMs);
  const deliveryId = ids.next();
  book.deliveries.set(deliveryId, delivery);
  book.lanes.set(id, withDelivery(noteNews(lane, news, composed.kind === 'message'), deliveryId, composed, nowMs));
  countDelivery(book, undefined, delivery);
}

function toDelivery(destination: string, news: News, composed: Composition, nowMs: number): Delivery {
  const { profileId, segment, status: membership, qualifiedAtMs } = news;
  const base = { destination, profileId, segment, membership, qualifiedAtMs, attempts: 0, replays: 0, atMs: nowMs };
  return composed.kind === 'message'
    ? { ...base, status: 'PENDING', body: composed.body }
    : { ...base, status: 'SKIPPED', reason: composed.reason };
}

/** The lane with a message in its queue, and the identities that it goes to. */
export function withDelivery(lane: Lane, deliveryId: string, composed: Composition, nowMs: number): Lane {
  if (composed.kind !== 'message') return lane;
  const { identityMap } = composed;
  return { ...enqueue(lane, deliveryId, nowMs), identityMap, identityKey: identityKey(identityMap) };
}

/** Counts what a delivery became; its row of the ledger must have been loaded. */
export function countDelivery(book: DeliveryBook, before: Delivery | undefined, after: Delivery): void {
  const id = ledgerId(after.destination, after.segment);
  book.ledger.set(id, count(book.ledger.get(id) ?? newLedger(after.destination, after.segment), before, after));
}

/** The id of a ledger's row. */
export function ledgerId(destination: string, segment: string): string {
  return `${destination}|${segment}`;
}
