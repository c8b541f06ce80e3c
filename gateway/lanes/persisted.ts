import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../platform/errors';

/** Documents that the gateway knows by their SHA-256, and those that are asked again and again. */
export interface PersistedDocuments {
  /** The document of a hash (hex); `undefined` when it is not known. */
  find(sha256: string): string | undefined;
  /** Takes a document in under its hash. Throws BAD_USER_INPUT when the hash is another's. */
  register(query: string, sha256: string): void;
  /** True when a document is registered, or was asked often enough lately: then it needs no more ceremony. */
  isKnown(query: string): boolean;
}

export interface PersistedOptions {
  /** Documents known from the start. */
  readonly operations: readonly string[];
  /** How many times a document is asked in full before it is taken for known. */
  readonly knownAfter: number;
}

const DOCUMENTS_KEPT = 1_000;
const BYTES_KEPT = 8 * 1_048_576;

/** Keeps what is configured for good, and a bounded number of what callers bring. */
export function createPersistedDocuments({ operations, knownAfter }: PersistedOptions): PersistedDocuments {
  const configured = new Map(operations.map((query) => [hashOf(query), query]));
  const configuredQueries = new Set(operations);
  const bound = { max: DOCUMENTS_KEPT, maxSize: BYTES_KEPT };
  const brought = new LRUCache<string, string>({ ...bound, sizeCalculation: ({ length }) => length + 1 });
  const asked = new LRUCache<string, { times: number }>({ ...bound, sizeCalculation: (_, { length }) => length + 1 });
  return {
    find: (sha256) => configured.get(sha256) ?? brought.get(sha256),
    register(query, sha256) {
      if (hashOf(query) !== sha256) throw new AppError('BAD_USER_INPUT', 'The hash is not that of the document sent.');
      if (!configured.has(sha256)) brought.set(sha256, query);
    },
    isKnown(query) {
      if (configuredQueries.has(query)) return true;
      const known = asked.get(query) ?? { times: 0 };
      known.times++;
      if (known.times === 1) asked.set(query, known);
      return known.times > knownAfter;
    },
  };
}

function hashOf(query: string): string {
  return createHash('sha256').update(query).digest('hex');
}
