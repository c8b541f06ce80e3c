import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { Route } from '../platform/http/route';
import type { Metrics } from '../platform/metrics';
import type { Answering } from './answering';
import type { Caller, Callers, RequestFacts } from './context';
import { EDITOR_PATH, type Editor } from './editor';
import type { FormatError } from './format-error';
import { readJson } from './http/body';
import { createDoor, type Door, type GraphqlExchange, JSON_TYPE } from './http/door';
import { respond, statusOf } from './http/respond';
import type { ApolloLane } from './lanes/apollo';
import type { PersistedDocuments } from './lanes/persisted';
import { fromSearch, type GraphqlRequest, readRequest } from './lanes/request';
import { createSocketLane } from './lanes/websocket';
import type { Limits } from './limits';
import type { Refused } from './operation';

export interface GatewayServerOptions {
  readonly answering: Answering;
  readonly callers: Callers;
  readonly apollo: ApolloLane;
  readonly documents: PersistedDocuments;
  readonly editor: Editor;
  readonly formatError: FormatError;
  readonly limits: Limits;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly timeoutMs: number;
}

/** Who opened a socket. */
interface Session {
  readonly caller: Caller;
  readonly facts: RequestFacts | undefined;
}

/** The gateway's door: all lanes on one port, and the routes beside them. */
export function createGatewayServer(options: GatewayServerOptions): Door {
  const { answering, callers, apollo, documents, editor, formatError, limits, clock, metrics, timeoutMs } = options;
  const bodyLimits = { bytes: limits.bodyBytes, timeMs: timeoutMs, clock };
  const requests = metrics.counter('attune_gateway_requests_total', 'Requests for /graphql by lane.', ['lane']);
  const [byPersisted, byApollo, bySocket] = ['persisted', 'apollo', 'websocket'].map((lane) => requests.labels(lane));
  const sockets = createSocketLane<Session>({
    ...{ clock, formatError, messageBytes: limits.bodyBytes, operations: limits.socketOperations },
    host: {
      open: ({ authorization }, request) => ({
        caller: callers.fromAuthorization(authorization ?? request.headers.authorization),
        facts: factsOf(request),
      }),
      ask: (question, { caller, facts }) => {
        bySocket?.inc();
        return answering.subscribe(question, caller, facts);
      },
    },
  });

  async function answerGraphql(exchange: GraphqlExchange): Promise<void> {
    const { request, response, method, search, path } = exchange;
    if (method === 'GET' && path.startsWith(EDITOR_PATH)) return editor.file(response, path);
    if (path !== '/graphql') throw new AppError('NOT_FOUND', `There is nothing at ${path}.`);
    if (isBrowser(exchange)) return editor.page(response);
    const caller = callers.fromAuthorization(request.headers.authorization);
    const body = method === 'POST' ? await readJson(request, bodyLimits) : undefined;
    const asked = readRequest(body ?? fromSearch(search), documents);
    const operation = asked && answering.read(asked, caller);
    if (operation && 'errors' in operation) return refuse(response, operation);
    if (method === 'GET' && asked?.isPersisted && operation?.kind !== 'query') return refuseGet(response);
    if (asked && operation && isFast(exchange, asked)) {
      byPersisted?.inc();
      const { data, errors } = await answering.run(operation, asked.variables, caller, factsOf(request));
      const status = data === undefined ? 400 : 200;
      return respond(response, status, { 'content-type': answerType(request) }, JSON.stringify({ errors, data }));
    }
    byApollo?.inc();
    const sent = asked?.isPersisted ? { ...asked, extensions: undefined } : body;
    const answer = await apollo.answer({
      method,
      headers: headersOf(request),
      search,
      body: sent,
      caller,
      facts: factsOf(request),
    });
    respond(response, answer.status, answer.headers, answer.body);
  }

  /** Known documents need nothing of Apollo Server; whatever is unusual about a request is for it to judge. */
  function isFast({ request, method }: GraphqlExchange, asked: GraphqlRequest): boolean {
    if (method === 'GET') return asked.isPersisted;
    const { 'content-type': sent = '', accept = '*/*' } = request.headers;
    if (method !== 'POST' || !sent.startsWith('application/json') || !/json|\*\/\*/.test(accept)) return false;
    return asked.isPersisted || documents.isKnown(asked.query);
  }

  return createDoor({
    ...{ formatError, clock, metrics, routes: options.routes, patienceMs: timeoutMs },
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

function refuse(response: ServerResponse, refused: Refused): void {
  const [first] = refused.errors;
  respond(response, first ? statusOf(first) : 400, { 'content-type': JSON_TYPE }, JSON.stringify(refused));
}

function refuseGet(response: ServerResponse): void {
  const message = 'GET asks questions only: send this by POST.';
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
  respond(response, 405, { 'content-type': JSON_TYPE, allow: 'POST' }, body);
}

function isBrowser({ request, method, search }: GraphqlExchange): boolean {
  return method === 'GET' && search === '' && (request.headers.accept ?? '').includes('text/html');
}

function answerType({ headers: { accept = '' } }: IncomingMessage): string {
  return accept.includes('application/graphql-response+json')
    ? 'application/graphql-response+json; charset=utf-8'
    : JSON_TYPE;
}

function headersOf(request: IncomingMessage): readonly (readonly [string, string])[] {
  return Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
}

/** Facts of an HTTP request, for rules about the request. */
function factsOf({ headers }: IncomingMessage): RequestFacts | undefined {
  const { 'user-agent': userAgent, 'accept-language': acceptLanguage, referer } = headers;
  if (userAgent === undefined && acceptLanguage === undefined && referer === undefined) return undefined;
  return {
    ...(userAgent !== undefined && { userAgent }),
    ...(acceptLanguage !== undefined && { acceptLanguage }),
    ...(referer !== undefined && { referer }),
  };
}
