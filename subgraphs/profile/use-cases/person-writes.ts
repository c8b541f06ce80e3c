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
 * The writes of a changed profile's head and of the identities that it gained. `isKnown`: whether there is a row of an
 * identity already; the heads of both people guard one that moves.
 */
export function personWrites(
  changed: ChangedPerson,
  isKnown: (key: string) => boolean,
  idle: IdleClock,
): readonly Write[] {
  const { id, gained } = changed;
  const value = { profileId: id };
  return [
    headWrite(changed, idle),
    ...gained.map((key): Write => {
      const write = { kind: 'put', collection: identitiesSpec.name, id: key, value } as const;
      return isKnown(key) ? write : { ...write, expected: null };
    }),
  ];
}

/** The write of a head, in the place of the version that it was made from. */
export function headWrite({ id, version, head }: Person, idle: IdleClock): Write {
  const value = toHeadDocument(head, idleHourOf(head, idle.namespaces, idle.nowMs));
  return { kind: 'put', collection: headsSpec.name, id, value, expected: version === 0 ? null : version };
}
