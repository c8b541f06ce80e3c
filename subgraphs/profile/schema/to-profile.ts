import type { IdentityState, Link, Person } from '../domain/head';
import { toProfileIdentity } from '../domain/view';
import { type Identity, type IdentityLink, Profile } from './profile.type';

/** A person as callers see it: always a fresh object. */
export function toProfile(person: Person, rest: Pick<Profile, 'policy' | 'context' | 'requestId'> = {}): Profile {
  return Object.assign(new Profile(), { id: person.id, revision: person.head.revision, person }, rest);
}

/** An identity as callers see it. */
export function toIdentity(state: IdentityState): Identity {
  const { namespace, value, authenticatedState, firstSeenMs, lastSeenMs } = toProfileIdentity(state);
  return { namespace, value, authenticatedState, firstSeen: new Date(firstSeenMs), lastSeen: new Date(lastSeenMs) };
}

/** A link as callers see it; none when one of its ends is not among `identities`. */
export function toIdentityLink(link: Link, identities: ReadonlyMap<string, IdentityState>): readonly IdentityLink[] {
  const [from, to] = [identities.get(link.from), identities.get(link.to)];
  if (!from || !to) return [];
  const { dataset, item, atMs } = link;
  return [{ from: toIdentity(from), to: toIdentity(to), dataset, item, at: new Date(atMs) }];
}
