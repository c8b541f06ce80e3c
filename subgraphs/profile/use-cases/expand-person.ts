import type { IdentityRef, PrivacySubject } from '../../../flow/ports';
import { identityKey } from '../domain/identity';
import { toProfileIdentity } from '../domain/view';
import type { HistoryStore } from '../store/history-store';
import type { ProfileReads } from './read-profiles';

/**
 * The person whom an identity names now, with the profiles that became part of them; else the identity alone. It comes
 * first among the identities.
 */
export async function expandPerson(
  { reads, history }: { readonly reads: ProfileReads; readonly history: HistoryStore },
  sandbox: string,
  asked: IdentityRef,
): Promise<PrivacySubject> {
  const found = await reads.find(sandbox, asked);
  if (!found) return { profileIds: [], identities: [asked] };
  const profileIds = new Set([found.person.id]);
  for (const id of profileIds) {
    for (const { value } of await history.all(sandbox, id)) {
      if (value.kind === 'MERGED' && value.other) profileIds.add(value.other);
    }
  }
  const ids = [...profileIds];
  const became = await reads.byIds(sandbox, ids);
  const others = found.person.head.identities.map(toProfileIdentity).flatMap(({ namespace, value }) => {
    const isAsked = namespace === asked.namespace && value === asked.value;
    return isAsked ? [] : [{ namespace, value }];
  });
  return { profileIds: ids.filter((_, at) => became[at]?.id === found.person.id), identities: [asked, ...others] };
}

/** The keys of the person's identities. */
export function keysOf({ identities }: PrivacySubject): readonly string[] {
  return identities.map(({ namespace, value }) => identityKey(namespace, value));
}
