const BATCH = 256;
const CALLERS = 2;

export type Fields = Readonly<Record<string, unknown>>;

/** How fast it went. */
export interface Rate {
  readonly perSecond: number;
  /** Of all threads. */
  readonly cpuMicros: number;
}

/** Batches of 256 of what `make` makes. */
export function batches(count: number, make: (number: number) => Fields): Fields[][] {
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => {
    const size = Math.min(BATCH, count - batch * BATCH);
    return Array.from({ length: size }, (_, index) => make(batch * BATCH + index));
  });
}

/**
 * Runs callers that each send the next batch when theirs was answered, and then `finish`, which counts too; answers with
 * items a second, of `items` in all.
 */
export async function measure<T>(
  work: readonly T[][],
  send: (batch: T[]) => Promise<unknown>,
  finish: () => Promise<void> = async () => {},
  items = work.reduce((sum, batch) => sum + batch.length, 0),
): Promise<Rate> {
  const queue = [...work];
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const call = async (): Promise<void> => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) await send(batch);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  await finish();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: Math.round(items / seconds), cpuMicros: Math.round((user + system) / items) };
}

/** The ECID of a visitor by number. */
export function ecid(index: number): string {
  return String(index).padStart(38, '0');
}
