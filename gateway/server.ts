import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { Route } from '../platform/http/route';
import type { Metrics } from '../platform/metrics';
import type { Answering, Question } from './answering';
import type { Callers, RequestFacts } from './context';
import type { FormatError } from './format-error';
import { readJson } from './http/body';
import { drain, type Listening, listen } from './http/listen';
import { respond, respondWithError, statusOf } from './http/respond';
import { createRouting } from './http/routing';
import type { ApolloLane } from './lanes/apollo';
import type { Limits } from './limits';

/** The gateway's door: GraphQL over HTTP, health, metrics, and the routes beside it. */
export interface GatewayServer {
  listen(port: number, host?: string): Promise<Listening>;
  /** Answers what is under way, then closes. */
  close(): Promise<void>;
}

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

const JSON_TYPE = 'application/json; charset=utf-8';

/** Makes the server; it does not listen yet. */
export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  const { answering, callers, apollo, formatError, limits, clock, metrics, timeoutMs } = options;
  const findRoute = createRouting(options.routes);
  let draining = false;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const cut = url.indexOf('?');
    const path = cut < 0 ? url : url.slice(0, cut);
    const search = cut < 0 ? '' : url.slice(cut);
    response.setHeader('access-control-allow-origin', '*');
    if (draining) response.setHeader('connection', 'close');
    if (method === 'OPTIONS') return respond(response, 204, PREFLIGHT, '');
    if (path === '/graphql') return answerGraphql(request, response, search);
    if (method === 'GET' && path === '/health/live')
      return respond(response, 200, { 'content-type': JSON_TYPE }, '{"status":"live"}');
    if (method === 'GET' && path === '/health/ready') return answerReady(response);
    if (method === 'GET' && path === '/metrics') {
      return respond(response, 200, { 'content-type': 'text/plain; version=0.0.4' }, await metrics.text());
    }
    const found = findRoute(method, path);
    if (!found) throw new AppError('NOT_FOUND', `There is nothing at ${method} ${path}.`);
    const caller = callers.fromAuthorization(request.headers.authorization);
    const context = callers.newContext(caller, method === 'GET' ? 'query' : 'mutation', factsOf(request));
    const query = new URLSearchParams(search);
    await found.route.handle({ request, response, params: found.params, query, context });
  }

  function answerReady(response: ServerResponse): void {
    const status = draining ? 'draining' : 'ready';
    respond(response, draining ? 503 : 200, { 'content-type': JSON_TYPE }, JSON.stringify({ status }));
  }

  async function answerGraphql(request: IncomingMessage, response: ServerResponse, search: string): Promise<void> {
    const { method = 'GET' } = request;
    const caller = callers.fromAuthorization(request.headers.authorization);
    const body = method === 'POST' ? await readJson(request, limits.bodyBytes) : undefined;
    const question = toQuestion(body ?? Object.fromEntries(new URLSearchParams(search)));
    const prepared = question && answering.prepare(question, caller);
    if (prepared && 'errors' in prepared) {
      const [first] = prepared.errors;
      const status = first ? statusOf(first) : 400;
      return respond(response, status, { 'content-type': JSON_TYPE }, JSON.stringify(prepared));
    }
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
    const answer = await apollo.answer({ method, headers, search, body, caller, facts: factsOf(request) });
    respond(response, answer.status, answer.headers, answer.body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => respondWithError(response, formatError(error)));
  });
  return {
    listen: (port, host) => listen(server, port, host),
    async close() {
      draining = true;
      await drain(server, clock, timeoutMs);
    },
  };
}

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, apollo-require-preflight, content-encoding',
  'access-control-max-age': '86400',
};

/** The question of a body, where it has the shape of one; Apollo Server says what is wrong with others. */
function toQuestion(body: unknown): Question | undefined {
  const { query, operationName } = (body ?? {}) as { readonly query?: unknown; readonly operationName?: unknown };
  if (typeof query !== 'string' || query === '') return undefined;
  return {
    query,
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
  };
}

function factsOf({ headers }: IncomingMessage): RequestFacts {
  const { 'user-agent': userAgent, 'accept-language': acceptLanguage, referer } = headers;
  return {
    ...(userAgent !== undefined && { userAgent }),
    ...(acceptLanguage !== undefined && { acceptLanguage }),
    ...(referer !== undefined && { referer }),
  };
}
