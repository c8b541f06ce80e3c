import type { Positions } from '../../../platform/store/event-log';
import { createStream } from '../../../platform/stream';
import { encodeCursor } from '../domain/cursor';
import type { Announcement, QualificationTail } from './qualification-tail';

/** An announcement with the cursor to read on from after it. */
export interface Qualification {
  readonly cursor: string;
  readonly announcement: Announcement;
}

/** Which of a page of announcements are wanted, in their order. */
export type Selection = (page: readonly Announcement[]) => Promise<readonly Announcement[]>;

/** One who reads on. */
export interface Follower extends AsyncIterableIterator<Qualification> {
  /** Up to where everything was given or passed over. */
  positions(): Positions;
  /** How many were given. */
  given(): number;
}

const PAGE = 256;

/**
 * What is announced after `after`, for ever. Nothing is read before it is asked for, so one who does not read costs
 * nothing. `return` ends it at once, also while `next` waits. Fails, and ends, when the log no longer reaches back.
 * @param isEnough asked whenever nothing more is there: true ends it
 */
export function followQualifications(
  tail: QualificationTail,
  after: Positions,
  select: Selection,
  isEnough: (positions: Positions) => boolean = () => false,
): Follower {
  const positions = [...after];
  let page: Announcement[] = [];
  let pageEnd: { readonly partition: number; readonly position: number } | undefined;
  let partition = 0;
  let given = 0;
  let ended = false;
  let woken = true;
  let wakeUp: (() => void) | undefined;

  const ring = (): void => {
    woken = true;
    wakeUp?.();
  };
  const silence = tail.onMore(ring);
  const end = (): void => {
    ended = true;
    page = [];
    silence();
    wakeUp?.();
  };
  const sleep = (): Promise<void> =>
    new Promise((resolve) => {
      wakeUp = resolve;
    });

  /** Reads the next partition that has something; false when none has. */
  const turnPage = async (): Promise<boolean> => {
    for (let tried = 0; tried < tail.partitions && !ended; tried += 1) {
      partition = (partition + 1) % tail.partitions;
      const entries = await tail.read(partition, positions[partition] ?? 0, PAGE);
      const last = entries.at(-1);
      if (!last) continue;
      page = [...(await select(entries))];
      pageEnd = { partition, position: last.position };
      return true;
    }
    return false;
  };
  const leavePage = (): void => {
    if (pageEnd) positions[pageEnd.partition] = pageEnd.position;
    pageEnd = undefined;
  };
  const take = (announcement: Announcement): Qualification => {
    positions[announcement.partition] = announcement.position;
    given += 1;
    return { cursor: encodeCursor(positions), announcement };
  };
  const find = async (): Promise<Qualification | undefined> => {
    while (!ended) {
      const announcement = page.shift();
      if (announcement) return take(announcement);
      leavePage();
      woken = false;
      if (await turnPage()) continue;
      if (!woken && !ended && isEnough(positions)) end();
      if (!woken && !ended) await sleep();
    }
    return undefined;
  };
  const stream = createStream<Qualification>(
    (sink) => () => {
      find().then(
        (found) => (found ? sink.give(found) : sink.end()),
        (error) => sink.fail(error),
      );
    },
    end,
  );
  return Object.assign(stream, { positions: () => [...positions], given: () => given });
}
