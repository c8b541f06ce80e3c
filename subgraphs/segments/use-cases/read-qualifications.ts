import type { ProfileReader } from '../../../flow/ports';
import { isAppError } from '../../../platform/errors';
import type { Positions } from '../../../platform/store/event-log';
import { decodeCursor, encodeCursor } from '../domain/cursor';
import type { Qualification } from './follow-qualifications';
import { followTogether } from './follow-together';
import { createHubs } from './qualification-hub';
import type { QualificationTail } from './qualification-tail';
import { type AnnouncementFilter, createSelection } from './select-announcements';

/** A page of what was announced. */
export interface QualificationPage {
  readonly qualifications: readonly Qualification[];
  /** Where to read on, also after a page without any. */
  readonly endCursor: string;
  readonly hasMore: boolean;
}

/** What was announced, and what is going to be. Cursors are the same for both. */
export interface Qualifications {
  /** From `after` on; from now on without it. Fails with BAD_USER_INPUT, reason CURSOR_EXPIRED, for one too old. */
  follow(
    sandbox: string,
    filter: AnnouncementFilter,
    after: string | undefined,
  ): Promise<AsyncIterableIterator<Qualification>>;
  /** The first after `after`; from the oldest that is kept without it. */
  page(
    sandbox: string,
    filter: AnnouncementFilter,
    after: string | undefined,
    first: number,
  ): Promise<QualificationPage>;
  /** Keeps nothing of these profiles in memory. */
  erase(sandbox: string, profileIds: readonly string[]): void;
}

const PAGE = 256;

/** Over the announcements in the log. */
export function createQualifications(tail: QualificationTail, profiles: ProfileReader): Qualifications {
  const hubs = createHubs(tail);
  return {
    async follow(sandbox, filter, after) {
      const positions = after === undefined ? await tail.head() : decodeCursor(after, tail.partitions);
      // A cursor too old is refused now, and not on the first event.
      if (after !== undefined) await Promise.all(positions.map((position, index) => tail.read(index, position, 1)));
      return followTogether(tail, positions, createSelection(sandbox, filter, profiles), hubs, keyOf(sandbox, filter));
    },
    async page(sandbox, filter, after, first) {
      const positions = after === undefined ? await oldest(tail) : decodeCursor(after, tail.partitions);
      return readPage(tail, positions, createSelection(sandbox, filter, profiles), first);
    },
    erase(sandbox, profileIds) {
      tail.erase(sandbox, profileIds);
      hubs.erase(sandbox, profileIds);
    },
  };
}

/** The same for those who are told the same; `undefined` where a person is followed, which depends on when it began. */
function keyOf(sandbox: string, { identity, segments, statuses }: AnnouncementFilter): string | undefined {
  if (identity) return undefined;
  return JSON.stringify([sandbox, segments?.toSorted() ?? null, statuses?.toSorted() ?? null]);
}

async function readPage(
  tail: QualificationTail,
  after: Positions,
  select: ReturnType<typeof createSelection>,
  first: number,
): Promise<QualificationPage> {
  const positions = [...after];
  const qualifications: Qualification[] = [];
  for (let partition = 0; partition < tail.partitions; partition += 1) {
    for (;;) {
      const entries = await tail.read(partition, positions[partition] ?? 0, PAGE);
      for (const announcement of await select(entries)) {
        if (qualifications.length === first)
          return { qualifications, endCursor: encodeCursor(positions), hasMore: true };
        positions[partition] = announcement.position;
        qualifications.push({ cursor: encodeCursor(positions), announcement });
      }
      positions[partition] = entries.at(-1)?.position ?? positions[partition] ?? 0;
      if (entries.length === 0) break;
    }
  }
  return { qualifications, endCursor: encodeCursor(positions), hasMore: false };
}

/** Before the first entry that is kept, in each partition. */
async function oldest(tail: QualificationTail): Promise<Positions> {
  return Promise.all(Array.from({ length: tail.partitions }, (_, partition) => oldestOf(tail, partition)));
}

async function oldestOf(tail: QualificationTail, partition: number): Promise<number> {
  try {
    await tail.read(partition, 0, 1);
    return 0;
  } catch (error) {
    const keptAfter = isAppError(error) ? error.details.keptAfter : undefined;
    if (typeof keptAfter !== 'number') throw error;
    return keptAfter;
  }
}
