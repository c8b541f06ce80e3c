import type { Head, Link } from './head';
import { namespaceOf } from './identity';
import { isAnonymousType, type Namespaces } from './namespace';

/** True when the newest sighting of a browser together with a person said that they logged out (P-17). */
export function isLoggedOut({ links }: Head, browser: string, namespaces: Namespaces): boolean {
  const isAnonymous = (key: string): boolean => isAnonymousType(namespaces.get(namespaceOf(key))?.type ?? 'COOKIE');
  if (!isAnonymous(browser)) return false;
  let newest: Link | undefined;
  for (const link of links) {
    if (link.from !== browser && link.to !== browser) continue;
    const other = link.from === browser ? link.to : link.from;
    if (!isAnonymous(other) && (!newest || link.atMs > newest.atMs)) newest = link;
  }
  return newest?.loggedOut ?? false;
}
