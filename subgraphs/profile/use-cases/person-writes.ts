import type { Write } from '../../../platform/store/store';
import { idleHourOf } from '../domain/anonymous';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Person } from '../domain/head';
import type { Namespaces } from '../domain/namespace';
import { headsSpec, identitiesSpec } from '../store/collections';
import { toHeadDocument } from '../store/head-document';

/** By what the time is told since when an anonymous profile is idle. */
export interface IdleClock {
  readonly namespaces: Namespaces;
  readonly nowMs: number;
}

/**
 * The writes of changed profiles' heads and of the identities that they gained. `profileOf`: whose each identity was; the
 * heads of both people guard one that moves. The rows of a profile that became part of another lead there by its head.
 */
export function personWrites(
  changed: readonly ChangedPerson[],
  profileOf: ReadonlyMap<string, string>,
  idle: IdleClock,
): readonly Write[] {
  const becameOf = new Map(changed.map(({ id, head }) => [id, head.endedIn]));
  return changed.flatMap((one): readonly Write[] => [
    headWrite(one, idle),
    ...one.gained.flatMap((key): readonly Write[] => {
      const former = profileOf.get(key);
      if (former !== undefined && becameOf.get(former) === one.id) return [];
      const write = { kind: 'put', collection: identitiesSpec.name, id: key, value: { profileId: one.id } } as const;
      return [former === undefined ? { ...write, expected: null } : write];
    }),
  ]);
}

/** The write of a head, in the place of the version that it was made from. */
export function headWrite({ id, version, head }: Person, idle: IdleClock): Write {
  const value = toHeadDocument(head, idleHourOf(head, idle.namespaces, idle.nowMs));
  return { kind: 'put', collection: headsSpec.name, id, value, expected: version === 0 ? null : version };
}
