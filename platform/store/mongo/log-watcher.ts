import type { ChangeStream, ChangeStreamDocument } from 'mongodb';
import { createSystemClock, type Timer } from '../../clock';
import type { Log } from '../../log';
import type { Head, LogRows, Mark } from './log-rows';

/** Tells of what other processes append. */
export interface LogWatcher {
  start(): void;
  close(): Promise<void>;
}

// Change streams wake within milliseconds; looking finds what they miss.
const LOOK_MS = 1000;
// Places are taken before they are used: so many looks after that one wakes again.
const LOOKS_AFTER = 5;

/** The change stream is for speed, and may end; looking at the heads is for certainty. `log` hears of their troubles. */
export function createLogWatcher(
  { heads, marks }: LogRows,
  fire: (stream: string, partition: number) => void,
  log?: Log,
): LogWatcher {
  const clock = createSystemClock();
  const seen = new Map<string, { readonly head: number; readonly look: number }>();
  let looks = 0;
  let changes: ChangeStream<Mark> | undefined;
  let timer: Timer | undefined;
  let round: Promise<void> | undefined;
  let closed = false;

  const compare = ({ _id, n = {} }: Head): void => {
    for (const [partition, head] of Object.entries(n)) {
      const key = `${_id}|${partition}`;
      const before = seen.get(key);
      if (before?.head !== head) seen.set(key, { head, look: looks });
      else if (looks - before.look > LOOKS_AFTER) continue;
      fire(_id, Number(partition));
    }
  };
  const watch = (): void => {
    changes = marks.watch();
    changes.on('change', (change) => {
      for (const { stream, partition } of raisedBy(change)) fire(stream, partition);
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
      looks += 1;
      for (const head of await heads.find().toArray()) compare(head);
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

const RAISED = /^n\.(\d+)$/;

function raisedBy(change: ChangeStreamDocument<Mark>): readonly { stream: string; partition: number }[] {
  if (change.operationType === 'insert') {
    return Object.keys(change.fullDocument.n ?? {}).map((key) => ({
      stream: change.fullDocument._id,
      partition: Number(key),
    }));
  }
  if (change.operationType !== 'update') return [];
  const fields = Object.keys(change.updateDescription.updatedFields ?? {});
  return fields.flatMap((field) => {
    const partition = RAISED.exec(field)?.[1];
    return partition === undefined ? [] : [{ stream: change.documentKey._id, partition: Number(partition) }];
  });
}
