import type { IdentityState, Person } from './head';
import { type AuthenticatedState, identityValueOf, namespaceOf } from './identity';

// Ids of profiles have no `~`.
const SEPARATOR = '~';

/** The id of what one identity of a person knows by itself. */
export function viewId(profileId: string, identity: string): string {
  return `${profileId}${SEPARATOR}${identity}`;
}

/** The id of the person of a view; a person's own id stays. */
export function personOf(id: string): string {
  const end = id.indexOf(SEPARATOR);
  return end < 0 ? id : id.slice(0, end);
}

/** The person as the id asks: whole, or as one identity of theirs knows them. */
export function restrictTo(person: Person, id: string): Person | undefined {
  const end = id.indexOf(SEPARATOR);
  if (end < 0) return person;
  const key = id.slice(end + 1);
  const identities = person.head.identities.filter((identity) => identity.key === key);
  if (identities.length === 0) return undefined;
  return { ...person, id: viewId(person.id, key), head: { ...person.head, identities, links: [] } };
}

/** An identity as others read it. */
export function toProfileIdentity({ key, state, firstSeenMs, lastSeenMs }: IdentityState): {
  readonly namespace: string;
  readonly value: string;
  readonly authenticatedState: AuthenticatedState;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
} {
  return {
    namespace: namespaceOf(key),
    value: identityValueOf(key),
    authenticatedState: state,
    firstSeenMs: Math.floor(firstSeenMs),
    lastSeenMs: Math.floor(lastSeenMs),
  };
}
