import type { MembershipChanged } from '../../../flow/events';
import type { Log } from '../../../platform/log';
import type { EventLog, LogEntry, Positions } from '../../../platform/store/event-log';
import { createRecentEntries } from '../../../platform/store/recent-entries';

/** The stream that announcements of memberships are written to. */
export const MEMBERSHIP_CHANGED = 'MembershipChanged';

export type Announcement = LogEntry<MembershipChanged>;

/** The newest announcements, read once for all who follow them in this process. */
export interface QualificationTail {
  readonly partitions: number;
  /** Where the log ends now. */
  head(): Promise<Positions>;
  /** Announcements of one partition after `after`: from memory where it reaches back so far, else from the log. */
  read(partition: number, after: number, limit: number): Promise<readonly Announcement[]>;
  /** Calls back when there is more to read. */
  onMore(wake: () => void): () => void;
  /** Empties what memory has of these profiles. */
  erase(sandbox: string, profileIds: readonly string[]): void;
  close(): Promise<void>;
}

const RECENT_ENTRIES = 8_192;
const RECENT_BYTES = 16 * 1024 * 1024;
const PAGE = 512;

/** Reads on while anyone follows. */
export function createQualificationTail(eventLog: EventLog, log: Log): QualificationTail {
  const { partitions } = eventLog;
  const most = Math.ceil(RECENT_ENTRIES / partitions);
  const recent = Array.from({ length: partitions }, () => createRecentEntries(most, RECENT_BYTES / partitions));
  const ends: number[] = [];
  const listeners = new Set<() => void>();
  let unlisten: (() => void) | undefined;
  let reading: Promise<void> | undefined;
  let again = false;

  const readOn = async (partition: number): Promise<boolean> => {
    const page = await eventLog.read<MembershipChanged>(MEMBERSHIP_CHANGED, {
      partition,
      after: ends[partition] ?? 0,
      limit: PAGE,
    });
    for (const entry of page) recent[partition]?.add(entry, sizeOf(entry));
    ends[partition] = page.at(-1)?.position ?? ends[partition] ?? 0;
    return page.length === PAGE;
  };
  const readAll = async (): Promise<void> => {
    while (again) {
      again = false;
      if (ends.length === 0) ends.push(...(await eventLog.head(MEMBERSHIP_CHANGED)));
      const more = await Promise.all(ends.map((_, partition) => readOn(partition)));
      again ||= more.includes(true);
      for (const wake of [...listeners]) wake();
    }
  };
  const follow = (): void => {
    again = true;
    reading ??= readAll()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the announcements could not be read; followers read for themselves');
        forget();
        for (const wake of [...listeners]) wake();
      })
      .finally(() => {
        reading = undefined;
      });
  };
  const forget = (): void => {
    for (const each of recent) each.clear();
    ends.length = 0;
  };

  return {
    partitions,
    head: () => eventLog.head(MEMBERSHIP_CHANGED),
    async read(partition, after, limit) {
      const known = recent[partition]?.after(after, limit) as readonly Announcement[] | undefined;
      if (known && known.length > 0) return known;
      if (after === ends[partition]) return [];
      return eventLog.read<MembershipChanged>(MEMBERSHIP_CHANGED, { partition, after, limit });
    },
    onMore(wake) {
      const own = (): void => wake();
      listeners.add(own);
      if (!unlisten) {
        unlisten = eventLog.onAppend(MEMBERSHIP_CHANGED, follow);
        follow();
      }
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        unlisten?.();
        unlisten = undefined;
        forget();
      };
    },
    erase(sandbox, profileIds) {
      for (const each of recent) for (const id of profileIds) each.erase(sandbox, id);
    },
    async close() {
      unlisten?.();
      await reading;
    },
  };
}

function sizeOf({ body, key, id }: Announcement): number {
  return 200 + key.length + id.length + body.segmentId.length + (body.cause.reference?.length ?? 0);
}
