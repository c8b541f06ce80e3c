import { monotonicFactory } from 'ulid';

/** Where new ids come from. */
export interface Ids {
  /** A new id: 26 characters, unique, and sorted by the time it was made. */
  next(): string;
}

/** ULIDs that grow within one process, also within one millisecond. */
export function createUlids(): Ids {
  const ulid = monotonicFactory();
  return { next: () => ulid() };
}
