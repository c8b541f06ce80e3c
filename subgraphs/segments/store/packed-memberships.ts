import type { Cause } from '../../../flow/events';
import type { Membership, Memberships } from '../domain/membership';

/** Memberships that one change moved: they share its instant and cause. Segments and versions take turns. */
type Group = readonly [
  atMs: number,
  kind: Cause['kind'],
  reference: string | 0,
  realized: readonly (string | number)[],
  exited: readonly (string | number)[],
];

/** Memberships as they are kept: grouped by what moved them. Plain JSON. */
export type PackedMemberships = readonly Group[];

/** Small: an instant and a cause once for all that they moved. */
export function packMemberships(memberships: Memberships): PackedMemberships {
  const groups = new Map<string, [number, Cause['kind'], string | 0, (string | number)[], (string | number)[]]>();
  for (const [segmentId, { status, atMs, version, cause }] of memberships) {
    const reference = cause.reference ?? 0;
    const key = `${atMs}|${cause.kind}|${reference}`;
    let group = groups.get(key);
    if (!group) {
      group = [atMs, cause.kind, reference, [], []];
      groups.set(key, group);
    }
    group[status === 'REALIZED' ? 3 : 4].push(segmentId, version);
  }
  return [...groups.values()];
}

/** The inverse of `packMemberships`. */
export function unpackMemberships(packed: PackedMemberships): Memberships {
  const memberships = new Map<string, Membership>();
  for (const [atMs, kind, reference, realized, exited] of packed) {
    const cause: Cause = reference === 0 ? { kind } : { kind, reference };
    const add = (list: readonly (string | number)[], status: Membership['status']): void => {
      for (let at = 0; at < list.length; at += 2) {
        memberships.set(String(list[at]), { status, atMs, version: Number(list[at + 1]), cause });
      }
    };
    add(realized, 'REALIZED');
    add(exited, 'EXITED');
  }
  return memberships;
}
