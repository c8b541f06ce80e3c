import type { Positions } from '../../../platform/store/event-log';
import { decodeCursor } from '../domain/cursor';
import { type Follower, followQualifications, type Qualification, type Selection } from './follow-qualifications';
import { oneByOne } from './one-by-one';
import type { Hub, Hubs } from './qualification-hub';
import type { QualificationTail } from './qualification-tail';

/** A place in a hub, and the cursor of the last one that was taken from it. */
interface Seat {
  readonly hub: Hub;
  readonly leave: () => void;
  place: number;
  /** Where to read on alone. */
  last: Positions | string;
}

/**
 * As `followQualifications`; who has read all that there is shares the reading of the rest with others who are told the
 * same, and who falls too far behind reads the log again alone.
 * @param key of those who are told the same; absent: it is always read alone
 */
export function followTogether(
  tail: QualificationTail,
  after: Positions,
  select: Selection,
  hubs: Hubs,
  key: string | undefined,
): AsyncIterableIterator<Qualification> {
  let seat: Seat | undefined;
  let alone: Follower | undefined;
  let ended = false;
  let wakeUp: (() => void) | undefined;
  const wake = (): void => wakeUp?.();

  const takeSeat = (positions: Positions): boolean => {
    const hub = key === undefined ? undefined : hubs.find(key, positions, select);
    if (!hub) return false;
    seat = { hub, leave: hub.enter(wake), place: hub.end(), last: [...positions] };
    return true;
  };
  const readAlone = (positions: Positions): Follower => followQualifications(tail, positions, select, takeSeat);
  const stand = ({ leave, last }: Seat): void => {
    leave();
    seat = undefined;
    alone = readAlone(typeof last === 'string' ? decodeCursor(last, tail.partitions) : last);
  };
  const end = (): void => {
    ended = true;
    seat?.leave();
    void alone?.return?.();
    wake();
  };
  const takeFrom = async (own: Seat): Promise<Qualification | undefined> => {
    const found = own.hub.at(own.place);
    if (found) {
      own.place += 1;
      own.last = found.cursor;
      return found;
    }
    if (!own.hub.reaches(own.place)) stand(own);
    else
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
    return undefined;
  };
  const find = async (): Promise<Qualification | undefined> => {
    while (!ended) {
      const own = seat;
      if (own) {
        const found = await takeFrom(own);
        if (found) return found;
        continue;
      }
      alone ??= readAlone(after);
      const { done, value } = await alone.next();
      if (!done) return value;
      // It ended because there is a seat, or because all did.
      if (!seat) return undefined;
      alone = undefined;
    }
    return undefined;
  };

  return oneByOne(find, end);
}
