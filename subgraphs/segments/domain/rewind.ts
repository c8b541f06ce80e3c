import type { ProfileChanged } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';

/** What a snapshot is taken back by. */
export interface Rewinding {
  /** In order and without gaps up to the snapshot's revision; those that are to be told one by one are the last. */
  readonly changes: readonly ProfileChanged[];
  /** How many of the first are not told one by one. */
  readonly kept: number;
  /** True when there was nobody before the first. */
  readonly isWhole: boolean;
}

/** How many of the first changes cannot be told one by one: those from before `sinceMs`, and up to one that changed the past. */
export function countUntold(changes: readonly ProfileChanged[], sinceMs: number): number {
  const first = changes.findIndex(({ atMs }) => atMs >= sinceMs);
  if (first < 0) return changes.length;
  const past = changes.findLastIndex(({ rebuilt, endedIn }) => rebuilt || endedIn !== undefined);
  return Math.max(first, past + 1);
}

/**
 * The person as before the last of the changes, but for what is computed; `undefined` where the attributes of then are not
 * known any more.
 */
export function rewind(snapshot: ProfileSnapshot, rewinding: Rewinding): ProfileSnapshot | undefined {
  const { changes, kept } = rewinding;
  const told = changes.slice(kept);
  const attributes = told.some((change) => change.attributes) ? attributesBefore(rewinding) : snapshot.attributes;
  if (!attributes || !told[0]) return undefined;
  const keys = new Set(told.flatMap(({ events }) => events.map(({ key }) => key)));
  const events = snapshot.events.filter(({ key }) => !keys.has(key));
  return { ...snapshot, revision: told[0].revision - 1, attributes, events };
}

function attributesBefore({ changes, kept, isWhole }: Rewinding): ProfileSnapshot['attributes'] | undefined {
  return changes.slice(0, kept).findLast((change) => change.attributes)?.attributes ?? (isWhole ? {} : undefined);
}
