import type { CollectionSpec, Store, Stored, Write } from '../../../platform/store/store';

const COUNTS = 'segment_counts';

/** How many are in each segment: a document for each partition of the log, so that partitions do not wait for each other. */
export const countsSpec: CollectionSpec = { name: COUNTS, indexes: [] };

/** Realized and exited memberships, by segment. */
export type Counts = Readonly<Record<string, readonly [realized: number, exited: number]>>;

interface CountsDocument {
  readonly counts: Counts;
}

/** The numbers of members. */
export interface CountsStore {
  /** All partitions together. */
  total(sandbox: string, segmentId: string): Promise<{ readonly realized: number; readonly exited: number }>;
  load(sandbox: string, partition: number): Promise<Stored<CountsDocument> | undefined>;
  /** The write of what `changes` add to what was loaded. */
  write(partition: number, loaded: Stored<CountsDocument> | undefined, changes: Counts): Write;
}

/** Over the collection of `countsSpec`. */
export function createCountsStore(store: Store): CountsStore {
  const documents = store.collection<CountsDocument>(COUNTS);
  const ids = Array.from({ length: store.log.partitions }, (_, partition) => idOf(partition));
  return {
    async total(sandbox, segmentId) {
      const found = await documents.getMany(sandbox, ids);
      const all = found.map((stored) => stored?.value.counts[segmentId] ?? [0, 0]);
      const sum = (index: 0 | 1): number => all.reduce((total, counts) => total + (counts[index] ?? 0), 0);
      return { realized: sum(0), exited: sum(1) };
    },
    load: (sandbox, partition) => documents.get(sandbox, idOf(partition)),
    write: (partition, loaded, changes) => ({
      kind: 'put',
      collection: COUNTS,
      id: idOf(partition),
      value: { counts: addCounts(loaded?.value.counts ?? {}, changes) } satisfies CountsDocument,
      expected: loaded?.version ?? null,
    }),
  };
}

/** Both together; segments without members are left out. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Record<string, readonly [number, number]> = { ...a };
  for (const [segmentId, [realized, exited]] of Object.entries(b)) {
    const [realizedBefore, exitedBefore] = sum[segmentId] ?? [0, 0];
    const both = [realizedBefore + realized, exitedBefore + exited] as const;
    if (both[0] === 0 && both[1] === 0) delete sum[segmentId];
    else sum[segmentId] = both;
  }
  return sum;
}

function idOf(partition: number): string {
  return `partition-${partition}`;
}
