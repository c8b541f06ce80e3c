import type { Positions } from '../event-log';
import type { Gap, LogGaps } from './log-gaps';
import { type ByPartition, between, type Head, type LogRows, PARTITIONS } from './log-rows';

/** Where streams end. */
export interface LogEnds {
  /** The last position of each partition, once nothing up to it is on its way any more. */
  settled(stream: string): Promise<Positions>;
  /** The same of all streams there are. */
  all(): Promise<ReadonlyMap<string, Positions>>;
}

// After so many positions it is noted how far was counted, for processes to come.
const NOTED_EVERY = 10_000;

/** Over the log's collections. What was counted once is not counted again. */
export function createLogEnds({ heads, entries }: Pick<LogRows, 'heads' | 'entries'>, gaps: LogGaps): LogEnds {
  const counted = new Map<string, number>();

  const beginOf = ({ _id, t, w }: Head, partition: number): number =>
    Math.max(counted.get(`${_id}|${partition}`) ?? 0, t?.[partition] ?? 0, w?.[partition] ?? 0);
  const isWhole = async ({ stream, partition, after, upTo }: Gap): Promise<boolean> =>
    (await entries.countDocuments(between(stream, partition, after, upTo))) === upTo - after;

  const settle = async (first: Head, partition: number, upTo: number): Promise<void> => {
    const sinceMs = gaps.now();
    // Looked at anew, as it may be trimmed meanwhile.
    for (let head: Head | null = first; head; head = await heads.findOne({ _id: first._id })) {
      const gap = { stream: first._id, partition, after: beginOf(head, partition), upTo };
      if (gap.after >= upTo) return;
      if (await isWhole(gap)) return void counted.set(`${first._id}|${partition}`, upTo);
      await gaps.wait(gap, sinceMs);
    }
  };
  const note = async ({ _id, n = {}, w = {} }: Head): Promise<void> => {
    const far = Object.entries(n).filter(([partition, position]) => position - (w[partition] ?? 0) >= NOTED_EVERY);
    if (far.length === 0) return;
    await heads.updateOne({ _id }, { $max: Object.fromEntries(far.map(([key, position]) => [`w.${key}`, position])) });
  };
  const settleAll = async (head: Head): Promise<Positions> => {
    const ends = toPositions(head.n);
    await Promise.all(ends.map((upTo, partition) => settle(head, partition, upTo)));
    await note(head);
    return ends;
  };

  return {
    async settled(stream) {
      const head = await heads.findOne({ _id: stream });
      return head ? settleAll(head) : toPositions();
    },
    async all() {
      const found = await heads.find().toArray();
      return new Map(await Promise.all(found.map(async (head) => [head._id, await settleAll(head)] as const)));
    },
  };
}

function toPositions(n: ByPartition = {}): Positions {
  return Array.from({ length: PARTITIONS }, (_, partition) => n[partition] ?? 0);
}
