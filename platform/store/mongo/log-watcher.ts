import type { ChangeStream } from 'mongodb';
import { createSystemClock, type Timer } from '../../clock';
import type { Log } from '../../log';
import { type Head, type LogRows, partsOf } from './log-rows';

/** Tells of what other processes append. */
export interface LogWatcher {
  start(): void;
  close(): Promise<void>;
}

// Change streams wake within milliseconds; looking finds what they miss.
const LOOK_MS = 1000;

/** The change stream is for speed, and may end; looking at the heads is for certainty. `log` hears of their troubles. */
export function createLogWatcher(
  { heads }: LogRows,
  fire: (stream: string, partition: number) => void,
  log?: Log,
): LogWatcher {
  const clock = createSystemClock();
  const seen = new Map<string, number>();
  let changes: ChangeStream<Head> | undefined;
  let timer: Timer | undefined;
  let round: Promise<void> | undefined;
  let closed = false;

  const fireFor = (headId: string): void => {
    const { stream, partition } = partsOf(headId);
    fire(stream, partition);
  };
  const watch = (): void => {
    changes = heads.watch([{ $project: { documentKey: 1 } }]);
    changes.on('change', (change) => {
      if ('documentKey' in change) fireFor(String(change.documentKey._id));
    });
    changes.on('error', (error) => {
      if (!closed) log?.warn({ error: String(error) }, 'the change stream ended; looking goes on');
      void changes?.close().catch(() => undefined);
      changes = undefined;
    });
  };
  const look = async (): Promise<void> => {
    try {
      if (!changes) watch();
      const moved = (await heads.find().toArray()).filter(({ _id, n }) => seen.get(_id) !== n);
      for (const { _id, n } of moved) {
        seen.set(_id, n);
        fireFor(_id);
      }
    } catch (error) {
      log?.warn({ error: String(error) }, 'the log could not be looked at');
    }
    if (!closed) timer = clock.at(clock.now() + LOOK_MS, beginRound);
  };
  const beginRound = (): void => {
    round = look();
  };

  return {
    start() {
      if (!round && !closed) beginRound();
    },
    async close() {
      closed = true;
      timer?.cancel();
      await round;
      await changes?.close();
    },
  };
}
