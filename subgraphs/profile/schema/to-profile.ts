import type { DeviceGraph, ShownDeviceLink } from '../domain/device-graph';
import type { IdentityState, Link, Person } from '../domain/head';
import { identityValueOf, namespaceOf } from '../domain/identity';
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
  const own = { provider: null, validUntil: null, notFollowed: null };
  return [{ from: toIdentity(from), to: toIdentity(to), dataset, item, at: new Date(atMs), ...own }];
}

/** A link of a device graph as callers see it. */
export function toDeviceLink(
  link: ShownDeviceLink,
  identities: ReadonlyMap<string, IdentityState>,
  graph: DeviceGraph | undefined,
): IdentityLink {
  const { dataset, item, atMs, untilMs, refusal = null } = link;
  const toEnd = (key: string): Identity => {
    const known = identities.get(key);
    if (known) return toIdentity(known);
    // Of somebody else, or of nobody yet: what is told of it here is what the provider says.
    const at = new Date(atMs);
    const named = { namespace: namespaceOf(key), value: identityValueOf(key) };
    return { ...named, authenticatedState: 'AMBIGUOUS', firstSeen: at, lastSeen: at };
  };
  return {
    from: toEnd(link.from),
    to: toEnd(link.to),
    ...{ dataset, item, at: new Date(atMs), validUntil: new Date(untilMs), notFollowed: refusal },
    provider: graph?.provider ?? null,
  };
}
