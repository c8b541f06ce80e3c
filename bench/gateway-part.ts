import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { createEmbedded } from '../app/embedded';
import { openStore } from '../app/store';
import { createGateway } from '../gateway/gateway';
import { createRemoteLink } from '../gateway/links/remote';
import { createSubgraphServer } from '../gateway/subgraph-server';
import { createSystemClock } from '../platform/clock';
import type { RequestContext } from '../platform/graphql/request-context';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { createMonolith } from './monolith';

/** Shared by the parts of one measurement. */
const SECRET = 'the secret of this measurement';

const parts = { clock: createSystemClock(), ids: createUlids(), log: createLog('error'), metrics: createMetrics() };

/** What the parent asks for. */
export interface PartRequest {
  readonly mode: 'gateway' | 'monolith' | 'subgraphs' | 'remote-gateway';
  readonly folder: string;
  readonly knownAfter?: number;
  readonly urls?: Readonly<Record<string, string>>;
}

/** What the parent is told. */
export interface PartReady {
  readonly url: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly supergraphSdl: string;
  readonly secret: string;
}

async function openEmbedded(folder: string) {
  const store = await openStore({ kind: 'embedded', folder }, parts.clock, parts.log);
  return createEmbedded({ ...parts, store }, { timeZone: 'UTC' }, 86_400_000);
}

async function start({ mode, folder, knownAfter = 3, urls = {} }: PartRequest): Promise<PartReady> {
  const none = { url: '', urls: {}, supergraphSdl: '', secret: SECRET };
  if (mode === 'remote-gateway') {
    const links = Object.entries(urls).map(([name, url]) =>
      createRemoteLink({ name, url, clock: parts.clock, secret: SECRET }),
    );
    const gateway = await createGateway({ ...parts, links, authorize: 'none', knownAfter });
    return { ...none, url: `${(await gateway.listen(0)).url}/graphql` };
  }
  const embedded = await openEmbedded(folder);
  if (mode === 'subgraphs') {
    const served = await Promise.all(
      Object.values(embedded.subgraphs).map(async ({ name, schema, sdl }) => {
        const { url } = await createSubgraphServer({ ...parts, name, schema, sdl, secret: SECRET }).listen(0);
        return [name, `${url}/graphql`] as const;
      }),
    );
    return { ...none, urls: Object.fromEntries(served) };
  }
  const gateway = await createGateway({ ...parts, links: embedded.links, authorize: 'none', knownAfter });
  if (mode === 'gateway') {
    const { supergraphSdl } = gateway;
    return { ...none, supergraphSdl, url: `${(await gateway.listen(0)).url}/graphql` };
  }
  return { ...none, url: await serveMonolith(gateway.schemaSdl, Object.values(embedded.subgraphs)) };
}

/** Apollo Server as it comes, on node:http, over one schema. */
async function serveMonolith(schemaSdl: string, subgraphs: Parameters<typeof createMonolith>[1]): Promise<string> {
  const apollo = new ApolloServer<RequestContext>({
    schema: createMonolith(schemaSdl, subgraphs),
    nodeEnv: 'production',
  });
  await apollo.start();
  const context = async (): Promise<RequestContext> => {
    const nowMs = parts.clock.now();
    return {
      ...{ sandbox: 'default', scope: 'admin', requestId: parts.ids.next(), operation: 'query' },
      ...{ nowMs, deadlineAtMs: nowMs + 10_000 },
    };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body: JSON.parse(Buffer.concat(chunks).toString()) },
      context,
    });
    const body = answer.body.kind === 'complete' ? answer.body.string : '';
    const length = { 'content-length': Buffer.byteLength(body) };
    response.writeHead(answer.status ?? 200, { ...Object.fromEntries(answer.headers), ...length });
    response.end(body);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

process.on('message', (message: PartRequest | 'cpu' | 'end') => {
  if (message === 'end') process.exit(0);
  if (message === 'cpu') process.send?.(process.cpuUsage());
  else start(message).then((ready) => process.send?.(ready));
});
