import { createSourceEventStream, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock';
import { mapStream, streamOf } from '../../platform/stream';
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
  const events = createEventResults(clock);

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
    execute(request) {
      try {
        return Promise.resolve(answer(request));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async subscribe(request) {
      const { document, context, variables } = request;
      const source = await createSourceEventStream({
        schema,
        document,
        contextValue: context,
        variableValues: variables,
      });
      if (!(Symbol.asyncIterator in source)) return streamOf(source);
      // Each event is a request of its own, with loaders of its own.
      const answerEvent = (event: unknown) =>
        answer({ ...request, context: { ...context, nowMs: clock.now() } }, event);
      return mapStream(source[Symbol.asyncIterator](), (event) => events.ask(event, request.share, answerEvent));
    },
    close: async () => {},
  };
}

interface EventResult {
  readonly atMs: number;
  readonly result: Promise<ExecutionResult> | ExecutionResult;
}

/** Who reads later is told what is so by then: a person may be gone. */
const SHARED_MS = 1_000;

/** Results by event and share: for a while, and no longer than anyone holds the event. */
function createEventResults(clock: Clock) {
  const known = new WeakMap<object, WeakMap<object, EventResult>>();
  return {
    ask(
      event: unknown,
      share: object | undefined,
      answer: (event: unknown) => EventResult['result'],
    ): EventResult['result'] {
      if (!share || typeof event !== 'object' || event === null) return answer(event);
      const results = known.get(event) ?? new WeakMap<object, EventResult>();
      if (!known.has(event)) known.set(event, results);
      const nowMs = clock.now();
      const made = results.get(share);
      if (made && nowMs - made.atMs < SHARED_MS) return made.result;
      const result = answer(event);
      results.set(share, { atMs: nowMs, result });
      return result;
    },
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
