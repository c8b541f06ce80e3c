import { createHash } from 'node:crypto';
import { ItemFault, limitFault } from './item-fault';
import type { Limits } from './limits';
import type { Namespace, Namespaces, Normalization } from './namespace';

export type AuthenticatedState = 'AMBIGUOUS' | 'AUTHENTICATED' | 'LOGGED_OUT';

const STRENGTH: Readonly<Record<AuthenticatedState, number>> = { AMBIGUOUS: 0, LOGGED_OUT: 1, AUTHENTICATED: 2 };

/** Which of two states of the same instant holds: positive when `a` does. A login ends what it finds (P-17). */
export function compareStates(a: AuthenticatedState, b: AuthenticatedState): number {
  return STRENGTH[a] - STRENGTH[b];
}

/** One name of a person in one item. */
export interface ItemIdentity {
  /** `namespace|value`. */
  readonly key: string;
  readonly namespace: string;
  readonly value: string;
  readonly state: AuthenticatedState;
  /** True when it was said to be the item's primary one. */
  readonly primary?: boolean;
  /** True when it was not sent, but follows from one that was. */
  readonly derived?: boolean;
}

/** The one string that stands for an identity. Codes of namespaces have no `|`. */
export function identityKey(namespace: string, value: string): string {
  return `${namespace}|${value}`;
}

/** The code of the namespace of an identity's key. */
export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/** The value of an identity's key. */
export function identityValueOf(key: string): string {
  return key.slice(key.indexOf('|') + 1);
}

const NOBODY = new Set(['null', 'undefined', 'anonymous', '0', '']);
const UNKEEPABLE = /[\0\p{Surrogate}]/u;
const ECID = /^\d{38}$/;
const E164 = /^\+[1-9]\d{6,14}$/;

/** The value as it is kept. Fails with an ItemFault at `path` when it can name nobody. */
export function toIdentityValue(code: string, namespace: Namespace, raw: string, limits: Limits, path: string): string {
  if (raw.length > limits.identityValueCharacters) checkLength(raw, limits.identityValueCharacters, path);
  if (NOBODY.has(raw.trim().toLowerCase())) {
    throw new ItemFault('INVALID_IDENTITY', path, `${JSON.stringify(raw)} names nobody.`);
  }
  if (UNKEEPABLE.test(raw)) {
    throw new ItemFault('INVALID_IDENTITY', path, 'An identity is plain text without U+0000 or half characters.');
  }
  const value = normalize(raw, namespace.normalization);
  if (value === undefined) {
    throw new ItemFault('INVALID_IDENTITY', path, `${JSON.stringify(raw)} is no phone number in the form of E.164.`);
  }
  if (code === 'ECID' && !ECID.test(value)) {
    throw new ItemFault('INVALID_IDENTITY', path, `An ECID is exactly 38 digits; received ${JSON.stringify(raw)}.`);
  }
  return value;
}

/** The value in the form that a namespace asks for; `undefined` when it has none. */
export function normalize(raw: string, normalization: Normalization): string | undefined {
  if (normalization === 'LOWER_CASE') return raw.trim().toLowerCase();
  if (normalization === 'NONE') return raw;
  const number = raw.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
  return E164.test(number) ? number : undefined;
}

/** The identity in the hashed namespace that follows from a plain one (P-8); `undefined` when there is none. */
export function derivedIdentity(identity: ItemIdentity, namespaces: Namespaces): ItemIdentity | undefined {
  const derivation = DERIVATIONS.get(identity.namespace);
  if (!derivation || !namespaces.has(derivation.namespace)) return undefined;
  const plain = derivation.toPlain(identity.value);
  if (plain === undefined) return undefined;
  const value = sha256(plain);
  const { namespace } = derivation;
  return { key: identityKey(namespace, value), namespace, value, state: identity.state, derived: true };
}

const DERIVATIONS = new Map([
  ['Email', { namespace: 'Email_LC_SHA256', toPlain: (value: string) => normalize(value, 'LOWER_CASE') }],
  ['Phone_E164', { namespace: 'Phone_SHA256', toPlain: (value: string) => normalize(value, 'E164') }],
]);

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function checkLength(raw: string, allowed: number, path: string): void {
  const characters = [...raw].length;
  if (characters > allowed) throw limitFault('identityValueCharacters', path, allowed, `${characters} characters`);
}
