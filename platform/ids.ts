import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** Where new ids come from. */
export interface Ids {
  /** A new id: 26 characters, unique, and sorted by the time it was made. */
  next(): string;
}

const POOL_BYTES = 4_096;

/** True for an id that callers may give to what they define: 1 to 200 characters without blanks and `|`. */
export function isDefinitionId(id: string): boolean {
  return /^[^\s|\p{Cc}]{1,200}$/u.test(id);
}

/** ULIDs that grow within one process, also within one millisecond. */
export function createUlids(): Ids {
  const ulid = monotonicFactory(createRandom());
  return { next: () => ulid() };
}

/** Numbers from 0 to below 1 from the system's generator, whose bytes are drawn many at a time: each draw is dear. */
function createRandom(): () => number {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    return (pool[used++] as number) / 256;
  };
}
