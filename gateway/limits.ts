import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { AppError } from '../platform/errors';

/** What one request may ask at most. Each breach answers LIMIT_EXCEEDED and names its limit. */
export interface Limits {
  /** Bytes of a body sent to `/graphql`. */
  readonly bodyBytes: number;
  /** Words and signs of a document. */
  readonly tokens: number;
  /** Fields nested in fields. */
  readonly depth: number;
  /** Fields asked under another name, in the whole operation, fragments counted wherever they are spread. */
  readonly aliases: number;
  /** Root fields of an operation. */
  readonly rootFields: number;
  /** Fields in all, fragments counted wherever they are spread. */
  readonly fields: number;
  /** Operations that one socket may have under way. */
  readonly socketOperations: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 1_048_576,
  tokens: 20_000,
  depth: 30,
  aliases: 200,
  rootFields: 100,
  fields: 5_000,
  socketOperations: 100,
};

/** Parses a document within the limits. Throws LIMIT_EXCEEDED, or BAD_USER_INPUT when it is no GraphQL. */
export function parseWithin(limits: Limits, query: string): DocumentNode {
  const document = parseDocument(limits, query);
  checkDocument(limits, document);
  return document;
}

function parseDocument({ tokens }: Limits, query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: tokens });
  } catch (cause) {
    const { message, locations } = cause as { readonly message: string; readonly locations?: unknown };
    if (message.includes('tokens')) throw exceeded('tokens', tokens);
    throw new AppError('BAD_USER_INPUT', message, { cause, details: { reason: 'GRAPHQL_PARSE_FAILED', locations } });
  }
}

interface Count {
  depth: number;
  aliases: number;
  fields: number;
}

/** Throws LIMIT_EXCEEDED when any operation of the document goes beyond a limit. Linear in the document. */
function checkDocument(limits: Limits, document: DocumentNode): void {
  const fragments = new Map<string, SelectionSetNode>();
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one.selectionSet);
  }
  const counted = new Map<string, Count>();
  for (const one of document.definitions) {
    if (one.kind !== Kind.OPERATION_DEFINITION) continue;
    const { selections } = one.selectionSet;
    if (selections.length > limits.rootFields) throw exceeded('rootFields', limits.rootFields);
    const count = countSelections(one.selectionSet, fragments, counted, new Set());
    for (const limit of ['depth', 'aliases', 'fields'] as const) {
      if (count[limit] > limits[limit]) throw exceeded(limit, limits[limit]);
    }
  }
}

function countSelections(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  counted: Map<string, Count>,
  inside: Set<string>,
): Count {
  const total: Count = { depth: 0, aliases: 0, fields: 0 };
  for (const selection of selections) {
    const isField = selection.kind === Kind.FIELD;
    const below =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? countFragment(selection.name.value, fragments, counted, inside)
        : selection.selectionSet && countSelections(selection.selectionSet, fragments, counted, inside);
    total.depth = Math.max(total.depth, (below?.depth ?? 0) + (isField ? 1 : 0));
    total.aliases += (below?.aliases ?? 0) + (isField && selection.alias ? 1 : 0);
    total.fields += (below?.fields ?? 0) + (isField ? 1 : 0);
  }
  return total;
}

function countFragment(
  name: string,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  counted: Map<string, Count>,
  inside: Set<string>,
): Count | undefined {
  const known = counted.get(name);
  const set = fragments.get(name);
  // A fragment within itself is for validation to refuse.
  if (known || !set || inside.has(name)) return known;
  inside.add(name);
  const count = countSelections(set, fragments, counted, inside);
  inside.delete(name);
  counted.set(name, count);
  return count;
}

function exceeded(limit: keyof Limits, most: number): AppError {
  return new AppError('LIMIT_EXCEEDED', `The operation goes beyond the limit of ${most} for ${limit}.`, {
    details: { limit, most },
  });
}
