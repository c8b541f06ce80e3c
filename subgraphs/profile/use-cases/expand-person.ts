import type { IdentityRef, PrivacySubject } from '../../../flow/ports';
import { identityKey } from '../domain/identity';
import { toProfileIdentity } from '../domain/view';
import { type ProfilesOfPersonDependencies, profilesOfPerson } from './profiles-of-person';

/**
 * The person whom an identity names now, with the profiles that became part of them; else the identity alone. It comes
 * first among the identities.
 */
export async function expandPerson(
  dependencies: ProfilesOfPersonDependencies,
  sandbox: string,
  asked: IdentityRef,
): Promise<PrivacySubject> {
  const found = await dependencies.reads.find(sandbox, asked);
  if (!found) return { profileIds: [], identities: [asked] };
  const others = found.person.head.identities.map(toProfileIdentity).flatMap(({ namespace, value }) => {
    const isAsked = namespace === asked.namespace && value === asked.value;
    return isAsked ? [] : [{ namespace, value }];
  });
  const profileIds = await profilesOfPerson(dependencies, sandbox, found.person.id);
  return { profileIds, identities: [asked, ...others] };
}

/** The keys of the person's identities. */
export function keysOf({ identities }: PrivacySubject): readonly string[] {
  return identities.map(({ namespace, value }) => identityKey(namespace, value));
}
