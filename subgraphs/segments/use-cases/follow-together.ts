import type { Positions } from '../../../platform/store/event-log';
import { createStream, type Sink } from '../../../platform/stream';
import { decodeCursor } from '../domain/cursor';
import { type Follower, followQualifications, type Qualification, type Selection } from './follow-qualifications';
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
  let onWake: (() => void) | undefined;
  const wake = (): void => {
    const waiting = onWake;
    onWake = undefined;
    waiting?.();
  };

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
    onWake = undefined;
    seat?.leave();
    void alone?.return?.();
  };
  const takeFrom = (own: Seat, sink: Sink<Qualification>, ask: () => void): void => {
    const found = own.hub.at(own.place);
    if (found) {
      own.place += 1;
      own.last = found.cursor;
      sink.give(found);
    } else if (own.hub.reaches(own.place)) onWake = ask;
    else {
      stand(own);
      ask();
    }
  };
  const takeAlone = (follower: Follower, sink: Sink<Qualification>, ask: () => void): void => {
    follower.next().then(
      ({ done, value }) => {
        if (!done) sink.give(value);
        // It ended because there is a seat, or because all did.
        else if (!seat) sink.end();
        else {
          alone = undefined;
          ask();
        }
      },
      (error) => sink.fail(error),
    );
  };

  return createStream<Qualification>((sink) => {
    const ask = (): void => {
      if (ended) sink.end();
      else if (seat) takeFrom(seat, sink, ask);
      else {
        alone ??= readAlone(after);
        takeAlone(alone, sink, ask);
      }
    };
    return ask;
  }, end);
}
