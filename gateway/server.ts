import type { IncomingMessage } from 'node:http';
import type { Clock } from '../platform/clock';
import type { Route } from '../platform/http/route';
import type { Metrics } from '../platform/metrics';
import type { Answering, Question } from './answering';
import type { Caller, Callers, RequestFacts } from './context';
import type { FormatError } from './format-error';
import { readJson } from './http/body';
import { createDoor, type Door, type GraphqlExchange, JSON_TYPE } from './http/door';
import { respond, statusOf } from './http/respond';
import type { ApolloLane } from './lanes/apollo';
import { createSocketLane } from './lanes/websocket';
import type { Limits } from './limits';

export interface GatewayServerOptions {
  readonly answering: Answering;
  readonly callers: Callers;
  readonly apollo: ApolloLane;
  readonly formatError: FormatError;
  readonly limits: Limits;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly timeoutMs: number;
}

/** The gateway's door: all lanes on one port, and the routes beside them. */
export function createGatewayServer(options: GatewayServerOptions): Door {
  const { answering, callers, apollo, formatError, limits, routes, clock, metrics, timeoutMs } = options;
  const sockets = createSocketLane<{ readonly caller: Caller; readonly facts: RequestFacts }>({
    ...{ clock, formatError, messageBytes: limits.bodyBytes, operations: limits.socketOperations },
    host: {
      open: ({ authorization }, request) => ({
        caller: callers.fromAuthorization(authorization ?? request.headers.authorization),
        facts: factsOf(request),
      }),
      ask: (question, { caller, facts }) => answering.subscribe(question, caller, facts),
    },
  });

  async function answerGraphql({ request, response, method, search }: GraphqlExchange): Promise<void> {
    const caller = callers.fromAuthorization(request.headers.authorization);
    const body = method === 'POST' ? await readJson(request, limits.bodyBytes) : undefined;
    const question = toQuestion(body ?? Object.fromEntries(new URLSearchParams(search)));
    const operation = question && answering.read(question, caller);
    if (operation && 'errors' in operation) {
      const [first] = operation.errors;
      const status = first ? statusOf(first) : 400;
      return respond(response, status, { 'content-type': JSON_TYPE }, JSON.stringify(operation));
    }
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
    const answer = await apollo.answer({ method, headers, search, body, caller, facts: factsOf(request) });
    respond(response, answer.status, answer.headers, answer.body);
  }

  return createDoor({
    ...{ formatError, clock, metrics, routes, patienceMs: timeoutMs },
    graphql: answerGraphql,
    upgrade: sockets.upgrade,
    closeSockets: sockets.close,
    identify: (request, { method }) =>
      callers.newContext(
        callers.fromAuthorization(request.headers.authorization),
        method === 'GET' ? 'query' : 'mutation',
        factsOf(request),
      ),
  });
}

/** The question of a body, where it has the shape of one; Apollo Server says what is wrong with others. */
function toQuestion(body: unknown): Question | undefined {
  const { query, operationName } = (body ?? {}) as { readonly query?: unknown; readonly operationName?: unknown };
  if (typeof query !== 'string' || query === '') return undefined;
  return {
    query,
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
  };
}

/** Facts of an HTTP request, for rules about the request. */
export function factsOf({ headers }: IncomingMessage): RequestFacts {
  const { 'user-agent': userAgent, 'accept-language': acceptLanguage, referer } = headers;
  return {
    ...(userAgent !== undefined && { userAgent }),
    ...(acceptLanguage !== undefined && { acceptLanguage }),
    ...(referer !== undefined && { referer }),
  };
}
