import type { IncomingMessage } from 'node:http';
import { type DocumentNode, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Route } from '../platform/http/route';
import type { Ids } from '../platform/ids';
import type { Log } from '../platform/log';
import type { Metrics } from '../platform/metrics';
import { mapStream } from '../platform/stream';
import { createCallers, type GatewayKey } from './context';
import { toCalled } from './execute';
import type { Answer } from './execution/answer';
import { createFormatError } from './format-error';
import { readJson } from './http/body';
import { createDoor, type Door, type GraphqlExchange, JSON_TYPE } from './http/door';
import { respond } from './http/respond';
import { INTERNAL_HEADER, verifyInternal } from './internal-header';
import { createSocketLane, type SocketQuestion } from './lanes/websocket';
import { createInProcessLink } from './links/in-process';
import type { SubgraphRequest } from './links/link';

/** How one subgraph is served alone. */
export interface SubgraphServerOptions {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Shared by all parts: proves that a call comes from one of them. */
  readonly secret: string;
  /** For development: holders of admin keys among these may ask this subgraph directly. */
  readonly keys?: readonly GatewayKey[];
  /** Doors beside `/graphql`: other parts and admin keys may use them. */
  readonly routes?: readonly Route[];
  /** Doors for other parts alone. */
  readonly internalRoutes?: readonly Route[];
  readonly timeoutMs?: number;
  /** The largest body of a GraphQL request: entities come in batches. */
  readonly bodyBytes?: number;
}

const TIMEOUT_MS = 10_000;
const BODY_BYTES = 64 * 1_048_576;
const OPERATIONS_KEPT = 1_000;
const SOCKET_OPERATIONS = 10_000;

/** Serves one subgraph alone. It answers calls that carry the signed header; forged representations go nowhere. */
export function createSubgraphServer(options: SubgraphServerOptions): Door {
  const { name, schema, sdl, clock, ids, metrics, secret, routes = [], internalRoutes = [] } = options;
  const { timeoutMs = TIMEOUT_MS, bodyBytes = BODY_BYTES } = options;
  const formatError = createFormatError(options);
  const keys = (options.keys ?? []).filter(({ scope }) => scope === 'admin');
  const callers = createCallers({ keys, authorize: 'keys', clock, ids, timeoutMs });
  const link = createInProcessLink({ name, schema, sdl, clock });
  const documents = new LRUCache<string, DocumentNode>({ max: OPERATIONS_KEPT });

  function identify(header: unknown, authorization: unknown): RequestContext {
    if (header === undefined && authorization !== undefined) {
      return callers.newContext(callers.fromAuthorization(authorization), 'query');
    }
    return verifyInternal(header, secret, clock.now());
  }

  function toRequest(body: unknown, context: RequestContext): SubgraphRequest {
    const { query, variables, operationName } = (body ?? {}) as Partial<SocketQuestion>;
    if (typeof query !== 'string') throw new AppError('BAD_USER_INPUT', 'The body holds no query.');
    return {
      ...{ query, document: readDocument(query), variables: variables ?? {}, context },
      ...(typeof operationName === 'string' && { operationName }),
    };
  }

  function readDocument(query: string): DocumentNode {
    const known = documents.get(query);
    if (known) return known;
    const document = parse(query);
    const [fault] = validate(schema, document);
    if (fault) throw fault;
    documents.set(query, document);
    return document;
  }

  async function answerGraphql({ request, response, method, path }: GraphqlExchange): Promise<void> {
    if (path !== '/graphql') throw new AppError('NOT_FOUND', `There is nothing at ${path}.`);
    const context = identify(request.headers[INTERNAL_HEADER], request.headers.authorization);
    if (method !== 'POST') throw new AppError('BAD_USER_INPUT', 'A subgraph is asked by POST.');
    const asked = toRequest(await readJson(request, { bytes: bodyBytes, timeMs: timeoutMs, clock }), context);
    if (isStream(asked)) throw new AppError('BAD_USER_INPUT', 'A subscription is asked for over the web socket.');
    const answer = toCalled(await link.execute(asked), formatError);
    respond(response, 200, { 'content-type': JSON_TYPE }, JSON.stringify(answer));
  }

  async function ask(
    { extensions, ...question }: SocketQuestion,
    authorization: unknown,
  ): Promise<AsyncIterableIterator<Answer> | Answer> {
    try {
      const asked = toRequest(question, identify(extensions?.[INTERNAL_HEADER], authorization));
      if (!isStream(asked)) return toCalled(await link.execute(asked), formatError) as Answer;
      return mapStream(
        await link.subscribe(asked),
        (result) => toCalled(result, formatError) as Answer,
        (error): Answer => ({ errors: [formatError(error)] }),
      );
    } catch (error) {
      return { errors: [formatError(error)] };
    }
  }

  const sockets = createSocketLane<unknown>({
    ...{ clock, formatError, messageBytes: bodyBytes, operations: SOCKET_OPERATIONS },
    host: {
      // Who asks is told with each operation: one socket carries the questions of many.
      open: ({ authorization }, request) => authorization ?? request.headers.authorization,
      ask,
    },
  });
  return createDoor({
    ...{ formatError, clock, metrics, patienceMs: timeoutMs },
    routes: [...internalRoutes, ...routes],
    graphql: answerGraphql,
    upgrade: sockets.upgrade,
    closeSockets: sockets.close,
    identify(request: IncomingMessage, route) {
      const authorization = internalRoutes.includes(route) ? undefined : request.headers.authorization;
      return identify(request.headers[INTERNAL_HEADER], authorization);
    },
  });
}

function isStream({ document, operationName }: SubgraphRequest): boolean {
  return getOperationAST(document, operationName)?.operation === 'subscription';
}
