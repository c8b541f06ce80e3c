import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '../platform/graphql/request-context';

/** One credential as it is configured. `sha256` is the hex hash of the key: the key itself is not kept. */
export interface ConfiguredKey {
  readonly scope: Scope;
  readonly sandbox: string;
  readonly sha256: string;
}

/** Keys by the rights that they carry, as an operator names them. */
export type PlainKeys = Partial<Readonly<Record<Scope, string | undefined>>>;

/** The one sandbox that there is for now. */
export const DEFAULT_SANDBOX = 'default';

/** Hashes keys at once, so that no other part sees them. */
export function hashKeys(keys: PlainKeys): readonly ConfiguredKey[] {
  return (Object.entries(keys) as [Scope, string | undefined][]).flatMap(([scope, key]) =>
    key === undefined ? [] : [hashKey(scope, key)],
  );
}

/** A key that nobody can guess: 192 random bits. */
export function createKey(): string {
  return randomBytes(24).toString('base64url');
}

function hashKey(scope: Scope, key: string): ConfiguredKey {
  return { scope, sandbox: DEFAULT_SANDBOX, sha256: createHash('sha256').update(key).digest('hex') };
}
