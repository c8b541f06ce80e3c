import type { LogEnds } from './log-ends';
import { between, type LogRows } from './log-rows';

/** Removes entries older than `beforeMs`, up to the first that is not. */
export async function trimLog(
  { heads, entries }: Pick<LogRows, 'heads' | 'entries'>,
  ends: LogEnds,
  beforeMs: number,
): Promise<void> {
  const trimPartition = async (stream: string, partition: number, end: number): Promise<void> => {
    if (end < 1) return;
    // What comes after the end may still be on its way.
    const all = between(stream, partition, 0, end);
    const kept = await entries.findOne({ ...all, at: { $gte: beforeMs } }, { sort: { _id: 1 } });
    const last = kept ? kept.n - 1 : end;
    if (last < 1) return;
    await heads.updateOne({ _id: stream }, { $max: { [`t.${partition}`]: last } });
    await entries.deleteMany(between(stream, partition, 0, last));
  };
  for (const [stream, positions] of await ends.all()) {
    for (const [partition, end] of positions.entries()) await trimPartition(stream, partition, end);
  }
}
