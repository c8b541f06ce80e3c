import type { LogRows } from './log-rows';

/** Tells other processes that streams grew, after it is so. */
export interface LogMarks {
  /** Never awaited. It may get lost: who is not told looks once a second. */
  add(stream: string, partition: number): void;
  close(): Promise<void>;
}

/** One update at a time; what comes meanwhile goes with the next. */
export function createLogMarks({ marks }: Pick<LogRows, 'marks'>): LogMarks {
  let due = new Map<string, Record<string, 1>>();
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    // What one turn of the event loop publishes goes together.
    await Promise.resolve();
    while (due.size > 0) {
      const now = due;
      due = new Map();
      const options = { upsert: true, writeConcern: { w: 1, journal: false } } as const;
      const updates = [...now].map(([_id, counts]) => marks.updateOne({ _id }, { $inc: counts }, options));
      await Promise.allSettled(updates);
    }
    running = undefined;
  };
  return {
    add(stream, partition) {
      const counts = due.get(stream) ?? {};
      due.set(stream, counts);
      counts[`n.${partition}`] = 1;
      running ??= run();
    },
    close: async () => running,
  };
}
