import { ApolloServer, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Log } from '../../platform/log';
import type { Answering } from '../answering';
import type { Caller, RequestFacts } from '../context';
import type { AnswerError } from '../execution/answer';
import type { FormatError } from '../format-error';
import type { Supergraph } from '../supergraph';

/** One request as Apollo Server takes it. */
export interface ApolloRequest {
  readonly method: string;
  readonly headers: Iterable<readonly [string, string]>;
  readonly search: string;
  /** The parsed body. */
  readonly body: unknown;
  readonly caller: Caller;
  readonly facts: RequestFacts | undefined;
}

/** A whole HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The lane for any operation: Apollo Server speaks HTTP, the gateway answers. */
export interface ApolloLane {
  answer(request: ApolloRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

interface Context {
  readonly caller: Caller;
  readonly facts: RequestFacts | undefined;
}

/** Documents must have been prepared before they come here: Apollo neither limits nor validates them again. */
export async function createApolloLane(options: {
  readonly answering: Answering;
  readonly supergraph: Supergraph;
  readonly formatError: FormatError;
  readonly log: Log;
}): Promise<ApolloLane> {
  const { answering, supergraph, formatError, log } = options;
  const onSchema = new Set<(schema: { apiSchema: Supergraph['schema']; coreSupergraphSdl: string }) => void>();
  const server = new ApolloServer<Context>({
    gateway: {
      onSchemaLoadOrUpdate(callback) {
        onSchema.add(callback);
        return () => onSchema.delete(callback);
      },
      async load() {
        for (const tell of onSchema) tell({ apiSchema: supergraph.schema, coreSupergraphSdl: supergraph.sdl });
        return {
          async executor({ source, operationName, request, context }) {
            const { caller, facts } = context as Context;
            const name = request.operationName ?? operationName ?? undefined;
            const question = { query: source, operationName: name, variables: request.variables };
            const { data, errors } = await answering.answer(question, caller, facts);
            return {
              ...(data !== undefined && { data }),
              ...(errors && { errors: errors.map((error) => new AnsweredError(error)) }),
            };
          },
        };
      },
      stop: async () => {},
    },
    formatError: (formatted, error) =>
      error instanceof AnsweredError ? error.answered : refuse(formatted, error, formatError),
    introspection: true,
    dangerouslyDisableValidation: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: toLogger(log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();
  return {
    async answer({ method, headers, search, body, caller, facts }) {
      const {
        status,
        headers: answered,
        body: content,
      } = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, headers: toHeaderMap(headers), search, body },
        context: async () => ({ caller, facts }),
      });
      if (content.kind !== 'complete') throw new Error('Answers in parts are not for this graph.');
      return { status: status ?? 200, headers: Object.fromEntries(answered), body: content.string };
    },
    close: () => server.stop(),
  };
}

/** Carries an error that is formatted already through Apollo Server. */
class AnsweredError extends GraphQLError {
  constructor(readonly answered: AnswerError) {
    super(answered.message, { extensions: answered.extensions });
  }
}

/** What Apollo Server itself refuses is about the request, unless it is a defect. */
function refuse({ message, extensions }: GraphQLFormattedError, error: unknown, formatError: FormatError): AnswerError {
  const reason = extensions?.code;
  if (reason === 'INTERNAL_SERVER_ERROR') return formatError(error);
  return { message, extensions: { code: 'BAD_USER_INPUT', reason } };
}

function toHeaderMap(headers: Iterable<readonly [string, string]>): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of headers) map.set(name, value);
  return map;
}

function toLogger(log: Log) {
  return {
    debug: (message?: unknown) => log.debug({}, String(message)),
    info: (message?: unknown) => log.info({}, String(message)),
    warn: (message?: unknown) => log.warn({}, String(message)),
    error: (message?: unknown) => log.error({}, String(message)),
  };
}
