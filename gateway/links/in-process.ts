import { createSourceEventStream, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock';
import { mapStream } from '../stream';
import type { Link, SubgraphRequest } from './link';
import { compileVariableDefaults } from './variable-defaults';

export interface InProcessLinkOptions {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  /** Gives each event of a subscription its instant. */
  readonly clock: Clock;
  /** How many times an operation is asked before it is compiled: compiling what is asked once would be a way to be taken down. */
  readonly compileAfter?: number;
}

const OPERATIONS_KEPT = 1_000;
const COMPILE_AFTER = 8;

type Run = (rootValue: unknown, request: SubgraphRequest) => Promise<ExecutionResult> | ExecutionResult;

interface Known {
  asked: number;
  run: Run | undefined;
}

/** A link to a subgraph of this process. */
export function createInProcessLink(options: InProcessLinkOptions): Link {
  const { name, schema, sdl, clock, compileAfter = COMPILE_AFTER } = options;
  const operations = new LRUCache<string, Known>({ max: OPERATIONS_KEPT });

  function answer(request: SubgraphRequest, rootValue?: unknown): Promise<ExecutionResult> | ExecutionResult {
    const known = operations.get(request.query) ?? { asked: 0, run: undefined };
    if (++known.asked === 1) operations.set(request.query, known);
    if (known.asked === compileAfter) known.run = compile(schema, request);
    if (known.run) return known.run(rootValue, request);
    return execute({
      schema,
      document: request.document,
      rootValue,
      contextValue: request.context,
      variableValues: request.variables,
    });
  }

  return {
    name,
    sdl: async () => sdl,
    execute: async (request) => answer(request),
    async subscribe(request) {
      const { document, context, variables } = request;
      const source = await createSourceEventStream({
        schema,
        document,
        contextValue: context,
        variableValues: variables,
      });
      if (!(Symbol.asyncIterator in source)) return mapStream([source].values(), async (result) => result);
      // Each event is a request of its own, with loaders of its own.
      return mapStream(source[Symbol.asyncIterator](), async (event) =>
        answer({ ...request, context: { ...context, nowMs: clock.now() } }, event),
      );
    },
    close: async () => {},
  };
}

function compile(schema: GraphQLSchema, { document }: SubgraphRequest): Run | undefined {
  try {
    const compiled = compileQuery(schema, document);
    if (!isCompiledQuery(compiled)) return undefined;
    const fill = compileVariableDefaults(schema, document) ?? ((variables) => variables);
    return (rootValue, { context, variables }) => compiled.query(rootValue, context, fill(variables));
  } catch {
    return undefined;
  }
}
