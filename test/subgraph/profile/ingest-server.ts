import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { createRouting } from '../../../gateway/http/routing';
import { isAppError } from '../../../platform/errors';
import type { Scope } from '../../../platform/graphql/request-context';
import type { ProfileFixture } from './profile-fixture';

/** The routes of a fixture over HTTP. */
export interface IngestServer {
  readonly url: string;
  /** Sends a body to `/ingest/` and reads the answer's lines. */
  readonly send: Send;
  /** As `send`, to any path. */
  readonly post: Send;
  close(): Promise<void>;
}

type Send = (
  path: string,
  body: string | Buffer | AsyncIterable<Buffer>,
  headers?: Record<string, string>,
) => Promise<{ status: number; lines: readonly Record<string, unknown>[] }>;

export async function serveIngest({ subgraph, clock }: ProfileFixture, scope: Scope = 'server'): Promise<IngestServer> {
  const findRoute = createRouting(subgraph.routes);
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const context = {
      sandbox: 'default',
      scope,
      requestId: 'r',
      nowMs: clock.now(),
      deadlineAtMs: clock.now() + 1_000,
      operation: 'mutation' as const,
    };
    const found = findRoute('POST', url.pathname);
    const exchange = { request: incoming, response, params: found?.params ?? {}, query: url.searchParams, context };
    found?.route.handle(exchange).catch((error: unknown) => {
      const code = isAppError(error) ? error.code : 'INTERNAL_SERVER_ERROR';
      if (response.headersSent) response.destroy();
      else response.writeHead(400).end(JSON.stringify({ code }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post: Send = async (path, body, headers = {}) => {
    const answer = await request(url + path, { method: 'POST', body: body as never, headers });
    const text = await answer.body.text();
    const lines = text.split('\n').filter((line) => line !== '');
    return { status: answer.statusCode, lines: lines.map((line) => JSON.parse(line)) };
  };
  return {
    url,
    post,
    send: (path, body, headers) => post(`/ingest/${path}`, body, headers),
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}
