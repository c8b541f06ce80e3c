import type { IdentityField } from './dataset';
import { identityValueOf, namespaceOf } from './identity';
import { keysOfSent, namedIdentities } from './named-identities';
import type { Namespaces } from './namespace';

/** By what people are told in items that were never theirs: such as were refused, or lines that could not be read. */
export interface PersonNames {
  /** True when an identity as it was sent is one of theirs, or stands for one. */
  isOwn(namespace: string, value: string): boolean;
  /** True when the item, as it was sent, names them. */
  isNamedBy(body: unknown, fields: readonly IdentityField[]): boolean;
}

// Shorter values also stand for other things: what holds them is told by its identities alone.
const TELLING_CHARACTERS = 6;

/** @param keys their identities, each `namespace|value` */
export function createPersonNames(keys: readonly string[], namespaces: Namespaces): PersonNames {
  const own = new Set(keys);
  const telling = [...new Set(keys.map((key) => identityValueOf(key).toLowerCase()))].filter(
    ({ length }) => length >= TELLING_CHARACTERS,
  );
  const words = new Set(telling);

  const isOwn = (namespace: string, value: string): boolean =>
    keysOfSent(namespace, value, namespaces).some((key) => own.has(key));
  const isInText = (text: string): boolean => {
    const lower = text.toLowerCase();
    return telling.some((word) => hasWord(lower, word));
  };
  const isInLeaves = (value: unknown): boolean => {
    if (typeof value === 'string') return words.has(value.trim().toLowerCase());
    if (typeof value === 'number') return words.has(String(value));
    return typeof value === 'object' && value !== null && Object.values(value).some(isInLeaves);
  };
  return {
    isOwn,
    isNamedBy(body, fields) {
      if (typeof body === 'string') return isInText(body);
      return namedIdentities(body, fields).some(([namespace, value]) => isOwn(namespace, value)) || isInLeaves(body);
    },
  };
}

/** The namespace and value of an identity's key. */
export function toNames(key: string): readonly [namespace: string, value: string] {
  return [namespaceOf(key), identityValueOf(key)];
}

// `C-1` is not in `C-100`.
function hasWord(text: string, word: string): boolean {
  for (let from = text.indexOf(word); from >= 0; from = text.indexOf(word, from + 1)) {
    const around = [text.at(from - 1), text[from + word.length]];
    if (from === 0) around.shift();
    if (!around.some((character) => character !== undefined && /[\p{L}\p{N}]/u.test(character))) return true;
  }
  return false;
}
