import type { Write } from '../../../platform/store/store';
import type { ChangedPerson } from '../domain/fold-cluster';
import { headsSpec, identitiesSpec } from '../store/collections';
import { toHeadDocument } from '../store/head-document';

/**
 * The writes of a changed profile's head and of the identities that it gained. `isKnown`: whether there is a row of an
 * identity already; the heads of both people guard one that moves.
 */
export function personWrites(changed: ChangedPerson, isKnown: (key: string) => boolean): readonly Write[] {
  const { id, version, head, gained } = changed;
  const expected = version === 0 ? null : version;
  const value = { profileId: id };
  return [
    { kind: 'put', collection: headsSpec.name, id, value: toHeadDocument(head, undefined), expected },
    ...gained.map((key): Write => {
      const write = { kind: 'put', collection: identitiesSpec.name, id: key, value } as const;
      return isKnown(key) ? write : { ...write, expected: null };
    }),
  ];
}
