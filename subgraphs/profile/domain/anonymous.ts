import type { Head } from './head';
import { namespaceOf } from './identity';
import { isAnonymousType, type Namespaces } from './namespace';

const HOUR_MS = 3_600_000;

/** True when only browsers and devices are known of a person. */
export function isAnonymous({ identities }: Head, namespaces: Namespaces): boolean {
  return identities.every(({ key }) => isAnonymousType(namespaces.get(namespaceOf(key))?.type ?? 'COOKIE'));
}

/** The hour, counted from 1970, by whose end an instant is over. */
export function toHour(atMs: number): number {
  return Math.ceil(atMs / HOUR_MS);
}

/**
 * Since which hour an anonymous profile that changed now is idle; `undefined` for one that does not expire: of a known
 * person, and of who denied something, which must not be forgotten.
 */
export function idleHourOf(head: Head, namespaces: Namespaces, nowMs: number): number | undefined {
  if (head.endedIn !== undefined || !isAnonymous(head, namespaces)) return undefined;
  const denies = head.identities.some(({ consents }) => consents.some(({ status }) => status === 'DENIED'));
  return denies ? undefined : toHour(nowMs);
}
