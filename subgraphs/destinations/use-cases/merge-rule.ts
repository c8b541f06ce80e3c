import type { ProfileSnapshot, SegmentReader } from '../../../flow/ports';
import { identityKey } from '../domain/identity-map';
import { findSegment, type Lane, laneId, type News, newLane, noteNews } from '../domain/lane';
import type { DeliveryBook, DeliveryStore } from '../store/delivery-store';
import type { DestinationInUse } from '../store/destinations-configuration';

/** Whether news after a merge changes nothing for an identity, so that the destination need not be told (S-11). */
export interface MergeRule {
  /** True when it need not; hands over what the destination knows to the profile that stays. */
  settles(book: DeliveryBook, lane: Lane, news: News, person: ProfileSnapshot | undefined): Promise<boolean>;
}

type People = ReadonlyMap<string, ProfileSnapshot>;

/** Asks beforehand which of the profiles that stay are in the segments that those that ended leave. */
export function createMergeRule(store: DeliveryStore, segments: SegmentReader) {
  return async (
    sandbox: string,
    target: DestinationInUse,
    news: readonly News[],
    people: People,
    nowMs: number,
  ): Promise<MergeRule> => {
    const staying = await readStaying(segments, sandbox, news, people, nowMs);
    const keyOf = (person: ProfileSnapshot): string | undefined => {
      const map = target.composer.identityMap(person);
      return map && identityKey(map);
    };
    return {
      async settles(book, lane, one, person) {
        if (!one.merged || !person) return false;
        const key = keyOf(person);
        if (key === undefined) return false;
        if (one.status === 'REALIZED') {
          const others = await store.lanesByIdentity(sandbox, target.id, key);
          const known = others.filter(({ value }) => value.profileId !== one.profileId && knows(value, one));
          await book.lanes.load(known.map(({ id }) => id));
          return handOver(
            book,
            known.map(({ id }) => id),
            one,
          );
        }
        if (person.id === one.profileId || lane.identityKey !== key) return false;
        if (!staying.get(person.id)?.includes(one.segment)) return false;
        await inherit(book, lane, one, person.id);
        return true;
      },
    };
  };
}

async function readStaying(
  segments: SegmentReader,
  sandbox: string,
  news: readonly News[],
  people: People,
  nowMs: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const staying = new Map<string, ProfileSnapshot>();
  for (const { merged, status, profileId } of news) {
    const person = people.get(profileId);
    if (merged && status === 'EXITED' && person && person.id !== profileId) staying.set(person.id, person);
  }
  if (staying.size === 0) return new Map();
  const realized = await segments.realized(sandbox, [...staying.values()], nowMs);
  return new Map([...staying.keys()].map((id, index) => [id, realized[index] ?? []]));
}

function knows(lane: Lane, { segment }: News): boolean {
  const known = findSegment(lane, segment);
  return known?.status === 'REALIZED' && known.told;
}

function handOver(book: DeliveryBook, laneIds: readonly string[], news: News): boolean {
  let handed = false;
  for (const id of laneIds) {
    const lane = book.lanes.get(id);
    if (!lane || !knows(lane, news)) continue;
    book.lanes.set(id, noteNews(lane, asEnded(news), false));
    handed = true;
  }
  return handed;
}

async function inherit(book: DeliveryBook, from: Lane, news: News, profileId: string): Promise<void> {
  const id = laneId(from.destination, profileId);
  await book.lanes.load([id]);
  const to = book.lanes.get(id) ?? newLane(from.destination, profileId);
  if (findSegment(to, news.segment)?.status === 'REALIZED') return;
  const { identityMap, identityKey } = from;
  const known = noteNews(to, { ...news, profileId, status: 'REALIZED', source: { kind: 'BACKFILL' } }, true);
  book.lanes.set(id, { ...known, ...(identityMap && { identityMap }), ...(identityKey && { identityKey }) });
}

function asEnded(news: News): News {
  return { ...news, status: 'EXITED', source: { kind: 'BACKFILL' } };
}
