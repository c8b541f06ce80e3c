import type { IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import { AppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Exchange, Route } from '../platform/http/route';

/** A route that another part answers: bodies pass through in both directions, never held whole. */
export interface ForwardedRoute extends Route {
  close(): Promise<void>;
}

const PASSED_ON = ['content-type', 'content-encoding'] as const;

/** Forwards calls to `url` with the caller's context, signed anew: what the caller claims is not passed on. */
export function createForwardedRoute(options: {
  readonly method: Route['method'];
  readonly path: string;
  /** The address of the part, without a path. */
  readonly url: string;
  readonly sign: (context: RequestContext) => Readonly<Record<string, string>>;
}): ForwardedRoute {
  const { method, path, url, sign } = options;
  // A stream of any size has no time limit of its own; one that stands still has.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 120_000 });
  return {
    method,
    path,
    async handle(exchange) {
      const answer = await request(url + toPath(path, exchange), {
        dispatcher,
        method,
        headers: { ...passedOn(exchange), ...sign(exchange.context) },
        body: method === 'POST' ? exchange.request : null,
      }).catch((cause: unknown) => {
        throw new AppError('UNAVAILABLE', 'The part that takes this in cannot be reached.', { cause });
      });
      exchange.response.writeHead(answer.statusCode, passedBack(answer.headers));
      await pipeline(answer.body, exchange.response);
    },
    close: () => dispatcher.close(),
  };
}

function toPath(path: string, { params, query }: Exchange): string {
  const named = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  return query.size > 0 ? `${named}?${query}` : named;
}

function passedBack(headers: IncomingHttpHeaders): Record<string, string> {
  const names = ['content-type', 'content-disposition'] as const;
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

function passedOn({ request: { headers } }: Exchange): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
