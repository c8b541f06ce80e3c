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

/** Small: an instant and a cause once for all that they moved. What came packed and was not changed stays as it is. */
export function packMemberships(memberships: Memberships): PackedMemberships {
  if (memberships instanceof KeptMemberships) return memberships.packed;
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

/** The inverse of `packMemberships`. Most are never asked for, and stay packed until they are. */
export function unpackMemberships(packed: PackedMemberships): Memberships {
  return new KeptMemberships(packed);
}

class KeptMemberships implements Memberships {
  private unpacked: ReadonlyMap<string, Membership> | undefined;

  constructor(readonly packed: PackedMemberships) {}

  get size(): number {
    return this.packed.reduce((sum, [, , , realized, exited]) => sum + (realized.length + exited.length) / 2, 0);
  }

  get(segmentId: string): Membership | undefined {
    return this.all().get(segmentId);
  }

  has(segmentId: string): boolean {
    return this.all().has(segmentId);
  }

  forEach(visit: (membership: Membership, segmentId: string, all: Memberships) => void): void {
    for (const [segmentId, membership] of this.all()) visit(membership, segmentId, this);
  }

  entries(): MapIterator<[string, Membership]> {
    return this.all().entries();
  }

  keys(): MapIterator<string> {
    return this.all().keys();
  }

  values(): MapIterator<Membership> {
    return this.all().values();
  }

  [Symbol.iterator](): MapIterator<[string, Membership]> {
    return this.entries();
  }

  private all(): ReadonlyMap<string, Membership> {
    this.unpacked ??= toMap(this.packed);
    return this.unpacked;
  }
}

function toMap(packed: PackedMemberships): ReadonlyMap<string, Membership> {
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
