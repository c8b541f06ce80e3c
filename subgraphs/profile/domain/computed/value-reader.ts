import type { ProfileEvent } from '../../../../flow/events';
import { createPathReader } from '../../../../platform/pql/evaluation/fields';
import { splitPath } from '../attributes';

/**
 * Reads what stands at the path in an event: lists, at its end or on its way, are taken apart to any depth, and nothing
 * missing is among it. `timestamp` is the event's time as ISO text in UTC.
 */
export function createValueReader(path: string | undefined): (event: ProfileEvent) => readonly unknown[] {
  if (path === undefined) return () => [];
  if (path === 'timestamp') return ({ timestampMs }) => [new Date(timestampMs).toISOString()];
  const read = createPathReader(splitPath(path));
  return ({ data }) =>
    [read(data)]
      .flat(Number.POSITIVE_INFINITY)
      .filter((value) => value !== undefined && value !== null)
      .map((value) => (value === 0 ? 0 : value));
}
