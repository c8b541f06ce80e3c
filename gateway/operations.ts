import { type GraphQLError, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AnswerError } from './execution/answer';
import { type Limits, parseWithin } from './limits';
import { createOperation, type MayRead, type Operation, type OperationOptions, type Refused } from './operation';

/** The operations that were asked lately: a bounded number. */
export interface Operations {
  /** The operation of a document, for callers with these rights; or why it is refused. Never throws. */
  get(query: string, operationName: string | undefined, rights: Rights): Operation | Refused;
}

/** A set of rights, and the name under which what it compiles to is kept. */
export interface Rights {
  readonly name: string;
  readonly mayRead: MayRead;
}

export interface OperationsOptions extends OperationOptions {
  readonly limits: Limits;
}

const OPERATIONS_KEPT = 2_000;
const BYTES_KEPT = 16 * 1_048_576;

/** Operations, kept by rights, document and operation name. */
export function createOperations(options: OperationsOptions): Operations {
  const { supergraph, limits, formatError } = options;
  // By document, then by rights and operation name: those are few for each.
  const kept = new LRUCache<string, Map<string, Operation>>({ max: OPERATIONS_KEPT, maxSize: BYTES_KEPT });

  function read(query: string, operationName: string | undefined, { mayRead }: Rights): Operation | Refused {
    try {
      const document = parseWithin(limits, query);
      const faults = validate(supergraph.schema, document, undefined, { maxErrors: 20 });
      if (faults.length > 0) return { errors: faults.map(toRefusal) };
      return createOperation(document, operationName, mayRead, options);
    } catch (error) {
      return { errors: [formatError(error)] };
    }
  }

  return {
    get(query, operationName, rights) {
      const known = kept.get(query) ?? new Map<string, Operation>();
      const key = operationName === undefined ? rights.name : `${rights.name} ${operationName}`;
      const prepared = known.get(key);
      if (prepared) return prepared;
      const operation = read(query, operationName, rights);
      if ('errors' in operation) return operation;
      if (known.size === 0) kept.set(query, known, { size: query.length + 1 });
      known.set(key, operation);
      return operation;
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
