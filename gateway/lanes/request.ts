import { AppError } from '../../platform/errors';
import type { PersistedDocuments } from './persisted';

/** A GraphQL request as it came, its shape checked. */
export interface GraphqlRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** True when its document was named by its hash. */
  readonly isPersisted: boolean;
}

interface Sent {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly id?: unknown;
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: unknown } } | null;
}

/**
 * Reads a body, or the parts of an address. The document is sent, or named by `id: "sha256:…"`, or by
 * `extensions.persistedQuery.sha256Hash`. `undefined` when it has not the shape of a request at all. Throws NOT_FOUND
 * for a document that is not known by its hash.
 */
export function readRequest(sent: unknown, documents: PersistedDocuments): GraphqlRequest | undefined {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return undefined;
  const { query, operationName, variables, id, extensions } = sent as Sent;
  const sha256 = toHash(id, extensions?.persistedQuery?.sha256Hash);
  if (!isText(query) && query !== undefined && query !== null) return undefined;
  if (!isObject(variables) && variables !== undefined && variables !== null) return undefined;
  if (typeof operationName !== 'string' && operationName !== undefined && operationName !== null) return undefined;
  const known = sha256 === undefined ? undefined : find(documents, sha256, isText(query) ? query : undefined);
  const document = known ?? query;
  if (!isText(document)) return undefined;
  return {
    query: document,
    operationName: operationName || undefined,
    variables: variables ?? undefined,
    isPersisted: known !== undefined,
  };
}

/** The parts of an address as they stand in a body; what is no JSON stays as it is, and is refused as such. */
export function fromSearch(search: string): Readonly<Record<string, unknown>> {
  const parts: Record<string, unknown> = Object.fromEntries(new URLSearchParams(search));
  for (const name of ['variables', 'extensions']) {
    const text = parts[name];
    if (typeof text === 'string') parts[name] = parseJson(text);
  }
  return parts;
}

function find(documents: PersistedDocuments, sha256: string, query: string | undefined): string {
  if (query !== undefined) {
    documents.register(query, sha256);
    return query;
  }
  const document = documents.find(sha256);
  if (document !== undefined) return document;
  // Clients that send only hashes at first know this message, and send the document then.
  throw new AppError('NOT_FOUND', 'PersistedQueryNotFound', { details: { sha256 } });
}

function toHash(id: unknown, sha256Hash: unknown): string | undefined {
  if (typeof id === 'string') return id.startsWith('sha256:') ? id.slice('sha256:'.length) : id;
  return typeof sha256Hash === 'string' ? sha256Hash : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
