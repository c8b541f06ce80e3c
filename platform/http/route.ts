import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../graphql/request-context';

/** One call of a route: who asks is known, the body not yet read. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path's named parts, decoded: `dataset` of `/ingest/:dataset`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly context: RequestContext;
}

/** A door beside `/graphql`, offered by a subgraph and mounted by whoever serves it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** A path whose parts may be named: `/ingest/:dataset`. */
  readonly path: string;
  /** Answers. What it throws before the first byte becomes a coded error in JSON. */
  handle(exchange: Exchange): Promise<void>;
}
