import { type GraphQLError, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AnswerError } from './execution/answer';
import type { FormatError } from './format-error';
import { type Limits, parseWithin } from './limits';
import { type MayRead, type PreparedOperation, prepareOperation } from './operation';
import type { Planner } from './plan';
import type { Supergraph } from './supergraph';

/** Why an operation cannot be run at all. */
export interface Refused {
  readonly errors: readonly AnswerError[];
}

/** The operations that were asked lately, ready to run: a bounded number. */
export interface Operations {
  /** The operation of a document, ready for callers with these rights; or why it is refused. Never throws. */
  get(query: string, operationName: string | undefined, rights: Rights): PreparedOperation | Refused;
}

/** A set of rights, and the name under which what it compiles to is kept. */
export interface Rights {
  readonly name: string;
  readonly mayRead: MayRead;
}

export interface OperationsOptions {
  readonly supergraph: Supergraph;
  readonly planner: Planner;
  readonly limits: Limits;
  readonly formatError: FormatError;
}

const OPERATIONS_KEPT = 2_000;
const BYTES_KEPT = 16 * 1_048_576;

/** Prepared operations, kept by rights, document and operation name. */
export function createOperations(options: OperationsOptions): Operations {
  const { supergraph, limits, formatError } = options;
  const kept = new LRUCache<string, PreparedOperation>({ max: OPERATIONS_KEPT, maxSize: BYTES_KEPT });

  function prepare(query: string, operationName: string | undefined, { mayRead }: Rights): PreparedOperation | Refused {
    try {
      const document = parseWithin(limits, query);
      const faults = validate(supergraph.schema, document, undefined, { maxErrors: 20 });
      if (faults.length > 0) return { errors: faults.map(toRefusal) };
      return prepareOperation(document, operationName, mayRead, options);
    } catch (error) {
      return { errors: [formatError(error)] };
    }
  }

  return {
    get(query, operationName, rights) {
      const key = `${rights.name}\n${operationName ?? ''}\n${query}`;
      const known = kept.get(key);
      if (known) return known;
      const prepared = prepare(query, operationName, rights);
      if (!('errors' in prepared)) kept.set(key, prepared, { size: key.length });
      return prepared;
    },
  };
}

function toRefusal({ message, locations }: GraphQLError): AnswerError {
  return {
    message,
    ...(locations && { locations }),
    extensions: { code: 'BAD_USER_INPUT', reason: 'GRAPHQL_VALIDATION_FAILED' },
  };
}
