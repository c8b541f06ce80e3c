import { createHash } from 'node:crypto';
import type { ProfileIdentity } from '../../../flow/ports';
import type { DestinationIdentity } from './destination';

/** namespace → identities, as they are sent. */
export type IdentityMap = Readonly<Record<string, readonly { readonly id: string }[]>>;

/** The hash of A-3: trim, lower-case, SHA-256, lower-case hex, no salt. */
export function hashIdentity(value: string): string {
  return createHash('sha256').update(value.trim().toLowerCase()).digest('hex');
}

/** The identities by which the destination knows this person: of the first namespace that they have; else `undefined`. */
export function toIdentityMap(
  preferences: readonly DestinationIdentity[],
  identities: readonly ProfileIdentity[],
): IdentityMap | undefined {
  for (const { namespace, hash, values } of preferences) {
    const found = identities.filter((identity) => identity.namespace === namespace).sort(newestFirst);
    if (found.length === 0) continue;
    const chosen = values === 'ALL' ? found : found.slice(0, 1);
    const ids = chosen.map(({ value }) => (hash === 'SHA256' ? hashIdentity(value) : value));
    return { [namespace]: [...new Set(ids)].map((id) => ({ id })) };
  }
  return undefined;
}

/** Equal for identity maps that name the same identities. */
export function identityKey(map: IdentityMap): string {
  const parts = Object.entries(map).flatMap(([namespace, list]) => list.map(({ id }) => [namespace, id]));
  return hashIdentity(JSON.stringify(parts.sort()));
}

function newestFirst(a: ProfileIdentity, b: ProfileIdentity): number {
  return b.lastSeenMs - a.lastSeenMs || (a.value < b.value ? -1 : 1);
}
