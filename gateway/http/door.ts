import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock';
import { AppError } from '../../platform/errors';
import type { RequestContext } from '../../platform/graphql/request-context';
import type { Route } from '../../platform/http/route';
import type { Metrics } from '../../platform/metrics';
import type { FormatError } from '../format-error';
import { drain, type Listening, listen } from './listen';
import { ANY_SITE, respond, respondWithError } from './respond';
import { createRouting } from './routing';

/** One request for `/graphql`, or below it. */
export interface GraphqlExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  /** The part of the address from `?` on. */
  readonly search: string;
}

export interface DoorOptions {
  readonly formatError: FormatError;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** How long closing waits for answers under way. */
  readonly patienceMs: number;
  readonly routes: readonly Route[];
  /** Who calls a route. Throws UNAUTHENTICATED. */
  identify(request: IncomingMessage, route: Route): RequestContext;
  graphql(exchange: GraphqlExchange): Promise<void>;
  /** Takes over connections to `/graphql` that become sockets. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says good-bye to the sockets. */
  closeSockets(): Promise<void>;
}

/** An HTTP server with `/graphql`, health, metrics and routes on one port. */
export interface Door {
  listen(port: number, host?: string): Promise<Listening>;
  /** Answers what is under way, then closes. */
  close(): Promise<void>;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, apollo-require-preflight',
  'access-control-max-age': '86400',
};

/** Makes the server; it does not listen yet. */
export function createDoor(options: DoorOptions): Door {
  const { formatError, clock, metrics, patienceMs, graphql, upgrade, closeSockets, identify } = options;
  const findRoute = createRouting(options.routes);
  let draining = false;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const cut = url.indexOf('?');
    const path = cut < 0 ? url : url.slice(0, cut);
    const search = cut < 0 ? '' : url.slice(cut);
    if (draining) response.setHeader('connection', 'close');
    if (method === 'OPTIONS') return respond(response, 204, PREFLIGHT, '');
    if (path === '/graphql' || path.startsWith('/graphql/')) {
      return graphql({ request, response, method, path, search });
    }
    if (method === 'GET' && path.startsWith('/health/')) return answerHealth(response, path);
    if (method === 'GET' && path === '/metrics') {
      return respond(response, 200, { 'content-type': 'text/plain; version=0.0.4' }, await metrics.text());
    }
    const found = findRoute(method, path);
    if (!found) throw new AppError('NOT_FOUND', `There is nothing at ${method} ${path}.`);
    const { route, params } = found;
    const context = identify(request, route);
    for (const [name, value] of Object.entries(ANY_SITE)) response.setHeader(name, value);
    await route.handle({ request, response, params, query: new URLSearchParams(search), context });
  }

  function answerHealth(response: ServerResponse, path: string): void {
    const status = path === '/health/live' ? 'live' : draining ? 'draining' : 'ready';
    const code = status === 'draining' ? 503 : 200;
    respond(response, code, { 'content-type': JSON_TYPE }, JSON.stringify({ status }));
  }

  const server = createServer((request, response) => {
    // A line that was kept for more is let go when nothing more is answered on it.
    response.once('close', () => draining && setImmediate(() => server.closeIdleConnections()));
    handle(request, response).catch((error: unknown) => respondWithError(response, formatError(error)));
  });
  // Streams of any size are taken in; what is read whole has a time limit where it is read.
  server.requestTimeout = 0;
  server.on('upgrade', (request, socket, head) => {
    if ((request.url ?? '').split('?')[0] === '/graphql' && !draining) upgrade(request, socket, head);
    else socket.destroy();
  });
  return {
    listen: (port, host) => listen(server, port, host),
    async close() {
      draining = true;
      await Promise.all([closeSockets(), drain(server, clock, patienceMs)]);
    },
  };
}
