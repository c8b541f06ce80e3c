/**
 * When time alone may next turn each timed condition, by its number; Infinity for never. The least is found block by
 * block, so that one condition's change costs no look at all others.
 */
export interface DueInstants {
  readonly ofEach: Float64Array;
  /** The least of each block; NaN when it is to be found again. */
  readonly ofBlocks: Float64Array;
}

const BLOCK_BITS = 6;
const NEVER = Number.POSITIVE_INFINITY;

/** Nothing is due. */
export function createDueInstants(count: number): DueInstants {
  return {
    ofEach: new Float64Array(count).fill(NEVER),
    ofBlocks: new Float64Array((count >>> BLOCK_BITS) + 1).fill(NEVER),
  };
}

/** A copy of its own. */
export function cloneDueInstants({ ofEach, ofBlocks }: DueInstants): DueInstants {
  return { ofEach: ofEach.slice(), ofBlocks: ofBlocks.slice() };
}

/** Takes note of when a condition may turn. */
export function setDue({ ofEach, ofBlocks }: DueInstants, number: number, dueMs: number): void {
  const before = ofEach[number] as number;
  if (before === dueMs) return;
  ofEach[number] = dueMs;
  const block = number >>> BLOCK_BITS;
  const least = ofBlocks[block] as number;
  if (dueMs < least) ofBlocks[block] = dueMs;
  else if (before === least) ofBlocks[block] = Number.NaN;
}

/** The least of all; Infinity for never. */
export function findNextDue(due: DueInstants): number {
  const { ofBlocks } = due;
  let least = NEVER;
  for (let block = 0; block < ofBlocks.length; block++) {
    const found = ofBlocks[block] as number;
    if (found < least) least = found;
    else if (Number.isNaN(found)) least = Math.min(least, findLeastOf(due, block));
  }
  return least;
}

/** Calls `visit` with the number of each condition that is due at `atMs`. It may change when those are due. */
export function forEachDue(due: DueInstants, atMs: number, visit: (number: number) => void): void {
  const { ofEach, ofBlocks } = due;
  for (let block = 0; block < ofBlocks.length; block++) {
    if ((ofBlocks[block] as number) > atMs) continue;
    const end = Math.min((block + 1) << BLOCK_BITS, ofEach.length);
    for (let number = block << BLOCK_BITS; number < end; number++)
      if ((ofEach[number] as number) <= atMs) visit(number);
  }
}

function findLeastOf({ ofEach, ofBlocks }: DueInstants, block: number): number {
  const end = Math.min((block + 1) << BLOCK_BITS, ofEach.length);
  let least = NEVER;
  for (let number = block << BLOCK_BITS; number < end; number++) {
    const dueMs = ofEach[number] as number;
    if (dueMs < least) least = dueMs;
  }
  ofBlocks[block] = least;
  return least;
}
