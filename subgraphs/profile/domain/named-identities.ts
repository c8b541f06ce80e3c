import type { IdentityField } from './dataset';
import { derivedIdentity, identityKey, normalize } from './identity';
import type { Namespaces } from './namespace';

type Fields = Readonly<Record<string, unknown>>;

/** The identities that an item names, as they were sent, whether the item is sound or not. */
export function namedIdentities(
  body: unknown,
  fields: readonly IdentityField[],
): readonly (readonly [namespace: string, value: string])[] {
  const data = toFields(body);
  const inMap = Object.entries(toFields(data.identityMap)).flatMap(([namespace, list]) =>
    [list].flat().flatMap((entry) => {
      const id = toFields(entry).id ?? entry;
      return typeof id === 'string' ? [[namespace, id] as const] : [];
    }),
  );
  const inFields = fields.flatMap(({ path, namespace }) => {
    const value = at(data, path);
    return typeof value === 'string' || typeof value === 'number' ? [[namespace, String(value)] as const] : [];
  });
  return [...inMap, ...inFields];
}

/** The keys under which an identity as it was sent is kept: its own, and that of the hash which follows from it. */
export function keysOfSent(namespace: string, value: string, namespaces: Namespaces): readonly string[] {
  const rules = namespaces.get(namespace);
  const normal = (rules && normalize(value, rules.normalization)) ?? value;
  const key = identityKey(namespace, normal);
  const derived = rules && derivedIdentity({ key, namespace, value: normal, state: 'AMBIGUOUS' }, namespaces);
  return derived ? [key, derived.key] : [key];
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function at(data: Fields, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => toFields(value)[name], data);
}
