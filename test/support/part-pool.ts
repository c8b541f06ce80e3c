import { createPartChild, type PartChild } from './part-child';

/** Processes of parts that have nothing to do: loading one takes longer than most of the tests that it serves. */
export interface PartPool {
  /** A process without a part. */
  take(): PartChild;
  /** Takes one back that has been told to stop its part. */
  giveBack(child: PartChild): void;
}

/** An empty pool; it grows to what was used at once. Its processes end with this one. */
export function createPartPool(): PartPool {
  const free: PartChild[] = [];
  return {
    take: () => free.pop() ?? createPartChild(),
    giveBack: (child) => void free.push(child),
  };
}
