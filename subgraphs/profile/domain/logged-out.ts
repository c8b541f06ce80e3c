import type { Head, Link } from './head';
import { namespaceOf } from './identity';
import { isAnonymousType, type Namespaces } from './namespace';
import { compareSightings } from './touch';

/**
 * True when the newest that was said of a person's session on a browser is that they logged out (P-17). At one instant a
 * login ends a log-out, and a log-out what says neither.
 */
export function isLoggedOut({ links }: Head, browser: string, namespaces: Namespaces): boolean {
  const isAnonymous = (key: string): boolean => isAnonymousType(namespaces.get(namespaceOf(key))?.type ?? 'COOKIE');
  if (!isAnonymous(browser)) return false;
  let newest: Link | undefined;
  for (const link of links) {
    if ((link.from !== browser && link.to !== browser) || link.session === 'NOTHING') continue;
    const other = link.from === browser ? link.to : link.from;
    if (!isAnonymous(other) && (!newest || compareSightings(link, newest) > 0)) newest = link;
  }
  return newest?.session === 'LOGGED_OUT';
}
