import type { IdentityField } from './dataset';
import {
  type AuthenticatedState,
  compareStates,
  derivedIdentity,
  type ItemIdentity,
  identityKey,
  toIdentityValue,
} from './identity';
import type { ItemLink } from './item';
import { ItemFault, limitFault } from './item-fault';
import type { Limits } from './limits';
import type { Namespaces } from './namespace';

type Fields = Readonly<Record<string, unknown>>;

/** An identity as it was sent. */
export interface SentIdentity extends ItemIdentity {
  readonly primary: boolean;
  readonly proof?: string;
  readonly path: string;
}

/** Whose an item is, and which identities it holds together. */
export interface Belonging {
  readonly owner: string;
  readonly identities: readonly ItemIdentity[];
  readonly links: readonly ItemLink[];
}

/** What identities are read with. */
export interface IdentityRules {
  readonly namespaces: Namespaces;
  readonly limits: Limits;
}

const STATES: Readonly<Record<string, AuthenticatedState>> = {
  ambiguous: 'AMBIGUOUS',
  authenticated: 'AUTHENTICATED',
  loggedout: 'LOGGED_OUT',
  logged_out: 'LOGGED_OUT',
};

/** The identities of an `identityMap`. Fails with an ItemFault where it is not one. */
export function parseIdentityMap(map: unknown, rules: IdentityRules, path: string): readonly SentIdentity[] {
  if (map === undefined || map === null) return [];
  if (typeof map !== 'object' || Array.isArray(map)) {
    throw new ItemFault('MALFORMED', path, 'An identityMap is an object of lists by namespace.');
  }
  const sent: SentIdentity[] = [];
  for (const [code, list] of Object.entries(map)) {
    const place = `${path}.${code}`;
    if (!rules.namespaces.has(code)) throw unknownNamespace(code, place);
    if (!Array.isArray(list)) throw new ItemFault('MALFORMED', place, 'Under a namespace stands a list of identities.');
    for (let index = 0; index < list.length; index += 1) {
      sent.push(parseIdentity(code, list[index], rules, `${place}[${index}]`));
    }
    if (sent.length > rules.limits.identitiesPerItem) throw tooMany(rules.limits, sent.length, path);
  }
  return sent;
}

/** The identities in the fields that a dataset names (P-2). Fields that are absent or empty hold none. */
export function parseIdentityFields(
  data: Fields,
  fields: readonly IdentityField[],
  rules: IdentityRules,
): readonly SentIdentity[] {
  return fields.flatMap(({ path, namespace, primary }) => {
    const raw = readPath(data, path);
    if (raw === undefined || raw === null || raw === '') return [];
    if (typeof raw !== 'string' && typeof raw !== 'number') {
      throw new ItemFault('INVALID_IDENTITY', path, 'An identity is text or a number.');
    }
    return [{ ...toIdentity(namespace, String(raw), 'AMBIGUOUS', rules, path), primary, path }];
  });
}

/**
 * Whose the item is: of the primary identity, else of the one of best priority (P-9). It links each of its identities with
 * each other, so that those that stay when one is cut hold together, and plain values with their hashes. Fails with an
 * ItemFault when there is no identity or too many.
 */
export function toBelonging(sent: readonly SentIdentity[], rules: IdentityRules): Belonging {
  const [only] = sent;
  if (!only) throw new ItemFault('NO_IDENTITY', 'identityMap', 'The item names nobody: it has no identity.');
  const distinct = sent.length === 1 ? sent : withoutTwice(sent);
  if (distinct.length > rules.limits.identitiesPerItem) throw tooMany(rules.limits, distinct.length, 'identityMap');
  const owner = sent.length === 1 ? only : ownerOf(distinct, rules.namespaces);
  const identities: ItemIdentity[] = distinct.map(({ key, namespace, value, state, primary }) =>
    primary ? { key, namespace, value, state, primary } : { key, namespace, value, state },
  );
  const links = distinct.length === 1 ? [] : toLinks([owner, ...distinct.filter(({ key }) => key !== owner.key)]);
  for (const identity of distinct) {
    const derived = derivedIdentity(identity, rules.namespaces);
    if (!derived) continue;
    if (!identities.some(({ key }) => key === derived.key)) identities.push(derived);
    links.push({ from: identity.key, to: derived.key, derived: true });
  }
  return { owner: owner.key, identities, links };
}

function toLinks(identities: readonly ItemIdentity[]): ItemLink[] {
  return identities.flatMap(({ key: from }, index) =>
    identities.slice(index + 1).map(({ key: to }) => ({ from, to, derived: false })),
  );
}

/** What stands at a path of names with dots between them. */
function readPath(data: unknown, path: string): unknown {
  let at: unknown = data;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Fields)[name];
  }
  return at;
}

function parseIdentity(code: string, entry: unknown, rules: IdentityRules, path: string): SentIdentity {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new ItemFault('MALFORMED', path, 'An identity is an object with an id.');
  }
  const { id, authenticatedState, primary, proof } = entry as Fields;
  if (typeof id !== 'string') throw new ItemFault('INVALID_IDENTITY', `${path}.id`, "An identity's id is text.");
  if (primary !== undefined && primary !== null && typeof primary !== 'boolean') {
    throw new ItemFault('MALFORMED', `${path}.primary`, '`primary` is true or false.');
  }
  const state = parseState(authenticatedState, `${path}.authenticatedState`);
  const identity = toIdentity(code, id, state, rules, `${path}.id`);
  return { ...identity, primary: primary === true, path, ...(typeof proof === 'string' ? { proof } : {}) };
}

function parseState(state: unknown, path: string): AuthenticatedState {
  if (state === undefined || state === null) return 'AMBIGUOUS';
  const known = typeof state === 'string' ? STATES[state.toLowerCase()] : undefined;
  if (known) return known;
  throw new ItemFault('MALFORMED', path, 'An authenticatedState is ambiguous, authenticated or loggedOut.');
}

/** The identity that a namespace's code and a value name. Fails with an ItemFault at `path` where they name nobody. */
export function toIdentity(
  code: string,
  raw: string,
  state: AuthenticatedState,
  rules: IdentityRules,
  path: string,
): ItemIdentity {
  const namespace = rules.namespaces.get(code);
  if (!namespace) throw unknownNamespace(code, path);
  const value = toIdentityValue(code, namespace, raw, rules.limits, path);
  return { key: identityKey(code, value), namespace: code, value, state };
}

function unknownNamespace(code: string, path: string): ItemFault {
  return new ItemFault('UNKNOWN_NAMESPACE', path, `There is no namespace ${JSON.stringify(code)}.`);
}

function withoutTwice(sent: readonly SentIdentity[]): readonly SentIdentity[] {
  const byKey = new Map<string, SentIdentity>();
  for (const identity of sent) {
    const known = byKey.get(identity.key);
    const state = known && compareStates(known.state, identity.state) > 0 ? known.state : identity.state;
    const primary = identity.primary || (known?.primary ?? false);
    byKey.set(identity.key, { ...(known ?? identity), state, primary });
  }
  return [...byKey.values()];
}

function ownerOf(sent: readonly SentIdentity[], namespaces: Namespaces): SentIdentity {
  const rank = ({ namespace }: SentIdentity): number => namespaces.get(namespace)?.priority ?? Number.MAX_SAFE_INTEGER;
  return sent.reduce((best, other) => {
    if (best.primary !== other.primary) return best.primary ? best : other;
    const difference = rank(other) - rank(best);
    return difference < 0 || (difference === 0 && other.key < best.key) ? other : best;
  });
}

function tooMany(limits: Limits, count: number, path: string): ItemFault {
  return limitFault('identitiesPerItem', path, limits.identitiesPerItem, `${count} identities`);
}
