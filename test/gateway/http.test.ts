import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { graphql } from 'graphql';
import { createGateway, type Gateway } from '../../gateway/gateway';
import { createStandaloneGateway } from '../../gateway/standalone';
import { composeSupergraph } from '../../gateway/supergraph';
import { AppError } from '../../platform/errors';
import { createMetrics } from '../../platform/metrics';
import { createParts, openGateway, type TestSubgraph, toSchema, withLink } from './gateway-fixture';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const A: TestSubgraph = {
  name: 'a',
  sdl: 'type Query { me(id: ID = "1"): User broken: Int } type Mutation { touch: Int } type User @key(fields: "id") { id: ID! name: String }',
  resolvers: {
    Query: {
      me: (_: unknown, { id }: { id: string }) => ({ id, name: `Name ${id}` }),
      broken: () => {
        throw new AppError('CONFLICT', 'Busy.');
      },
    },
    Mutation: { touch: () => 1 },
  },
};
const B: TestSubgraph = {
  name: 'b',
  sdl: 'type User @key(fields: "id") { id: ID! age: Int }',
  resolvers: { User: { age: ({ id }: { id: string }) => Number(id) * 10 } },
};
const QUERY = 'query ($id: ID) { me(id: $id) { name age } }';
const HASH = createHash('sha256').update(QUERY).digest('hex');
const ANSWER = { data: { me: { name: 'Name 2', age: 20 } } };

async function start(options: Parameters<typeof openGateway>[1] = {}) {
  const metrics = createMetrics();
  const gateway = await openGateway([A, B], { metrics, ...options });
  open.push(gateway);
  const { url } = await gateway.listen(0);
  const lanes = async () =>
    Object.fromEntries(
      [...(await metrics.text()).matchAll(/requests_total\{lane="(\w+)"\} (\d+)/g)].map(([, lane, count]) => [
        lane,
        Number(count),
      ]),
    );
  return { gateway, url, lanes };
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

test('a document that is asked again and again takes the short way, and its answer stays the same', async () => {
  const { url, lanes } = await start({ knownAfter: 2 });
  const answers = [];
  for (let round = 0; round < 5; round++) answers.push(await post(url, { query: QUERY, variables: { id: '2' } }));
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 200, type: 'application/json; charset=utf-8', body: ANSWER });
  expect(await lanes()).toEqual({ apollo: 2, persisted: 3 });
});

test('a registered document is asked for by its hash alone', async () => {
  const { url, lanes } = await start({ persistedOperations: [QUERY] });
  const variables = { id: '2' };
  expect(await post(url, { id: `sha256:${HASH}`, variables })).toMatchObject({ status: 200, body: ANSWER });
  expect(
    await post(url, { extensions: { persistedQuery: { version: 1, sha256Hash: HASH } }, variables }),
  ).toMatchObject({ body: ANSWER });
  const search = new URLSearchParams({
    extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash: HASH } }),
    variables: JSON.stringify(variables),
  });
  expect(await (await fetch(`${url}/graphql?${search}`)).json()).toEqual(ANSWER);
  expect(await lanes()).toEqual({ persisted: 3 });
});

test('a hash that nobody registered is NOT_FOUND, until its document comes with it', async () => {
  const { url } = await start();
  const extensions = { persistedQuery: { version: 1, sha256Hash: HASH } };
  expect(await post(url, { extensions })).toMatchObject({
    status: 404,
    body: { errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'NOT_FOUND' } }] },
  });
  expect(await post(url, { query: '{ me { name } }', extensions })).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  });
  expect(await post(url, { query: QUERY, extensions, variables: { id: 2 } })).toMatchObject({ body: ANSWER });
  expect(await post(url, { extensions, variables: { id: 2 } })).toMatchObject({ body: ANSWER });
});

test('errors look the same in both lanes', async () => {
  const { url } = await start({ knownAfter: 1 });
  const asked = [
    { query: '{ broken me { name } }' },
    { query: 'query ($id: ID!) { me(id: $id) { name } }', variables: {} },
    { query: '{ me { name } }', variables: { unused: true } },
  ];
  for (const body of asked) {
    const [apollo, persisted] = [await post(url, body), await post(url, body)];
    expect(persisted).toEqual(apollo);
  }
});

test('a mutation cannot be asked by GET', async () => {
  const { url } = await start({ persistedOperations: ['mutation { touch }'] });
  const sha256Hash = createHash('sha256').update('mutation { touch }').digest('hex');
  for (const search of [
    { query: 'mutation { touch }' },
    { extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }) },
  ]) {
    const response = await fetch(`${url}/graphql?${new URLSearchParams(search)}`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(response.status).toBe(405);
  }
});

test('the query editor comes with all its files and asks for none from elsewhere', async () => {
  const { url } = await start({
    editor: {
      title: 'A <shop>',
      tabs: [{ title: 'Who', query: QUERY, variables: '{"id":"2"}', headers: { authorization: 'Bearer k' } }],
    },
  });
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(html).toContain('<title>A &#60;shop&#62;</title>');
  expect(html).toContain('me(id: $id)');
  expect(html).not.toMatch(/(src|href)="https?:/);
  for (const [, file] of html.matchAll(/(?:src|href)="([^"]+\.(?:js|css|ico|svg))"/g)) {
    const response = await fetch(new URL(file as string, `${url}/graphql/editor/`));
    expect([file, response.status]).toEqual([file, 200]);
    await response.arrayBuffer();
  }
  expect((await fetch(`${url}/graphql/editor/..%2f..%2fpackage.json`)).status).toBe(404);
  expect((await fetch(`${url}/graphql/editor/../../package.json`)).status).toBe(404);
});

test('health, metrics, preflights and unknown paths are answered', async () => {
  const { url, gateway } = await start();
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready' });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('attune_gateway_requests_total');
  const preflight = await fetch(`${url}/graphql`, { method: 'OPTIONS' });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  const nowhere = await fetch(`${url}/nowhere`);
  expect([nowhere.status, await nowhere.json()]).toMatchObject([
    404,
    { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
  ]);
  await gateway.close();
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});

test('a route is told who asks; what it throws is a coded error', async () => {
  const sha256 = createHash('sha256').update('k').digest('hex');
  const { url } = await start({
    authorize: 'keys',
    keys: [{ scope: 'server', sandbox: 'blue', sha256 }],
    routes: [
      {
        method: 'POST',
        path: '/ingest/:dataset',
        async handle({ params, query, context, response }) {
          if (params.dataset === 'none') throw new AppError('NOT_FOUND', 'There is no such dataset.');
          response.end(JSON.stringify([params.dataset, query.get('batch'), context.scope, context.sandbox]));
        },
      },
    ],
  });
  const send = (path: string, key?: string) =>
    fetch(`${url}${path}`, { method: 'POST', headers: key ? { authorization: `Bearer ${key}` } : {} });
  expect((await send('/ingest/web')).status).toBe(401);
  expect(await (await send('/ingest/a%20b?batch=7', 'k')).json()).toEqual(['a b', '7', 'server', 'blue']);
  const refused = await send('/ingest/none', 'k');
  expect([refused.status, await refused.json()]).toMatchObject([
    404,
    { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
  ]);
});

/** A subgraph that knows nothing of us: plain GraphQL over HTTP. */
async function serveForeign(subgraph: TestSubgraph): Promise<string> {
  const schema = toSchema(subgraph);
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', async () => {
      const { query, variables } = JSON.parse(body);
      const answer = await graphql({ schema, source: query, variableValues: variables });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('any composed supergraph is served over subgraphs that know nothing of us', async () => {
  const services = await Promise.all(
    [A, B].map(async (subgraph) => ({
      name: subgraph.name,
      sdl: withLink(subgraph.sdl),
      url: await serveForeign(subgraph),
    })),
  );
  const gateway: Gateway = await createStandaloneGateway({
    ...createParts(),
    supergraphSdl: composeSupergraph(services),
    authorize: 'none',
  });
  open.unshift(gateway);
  const { url } = await gateway.listen(0);
  expect(await post(url, { query: QUERY, variables: { id: '2' } })).toMatchObject({ status: 200, body: ANSWER });
  expect(await post(url, { query: '{ broken me { age } }' })).toMatchObject({
    body: { data: { broken: null, me: { age: 10 } }, errors: [{ path: ['broken'], extensions: { service: 'a' } }] },
  });
});

test('a supergraph without addresses, or none at all, stops the start', async () => {
  const supergraphSdl = composeSupergraph([{ name: 'a', sdl: withLink(A.sdl) }]);
  const refused = { code: 'BAD_USER_INPUT' };
  await expect(createStandaloneGateway({ ...createParts(), supergraphSdl, authorize: 'none' })).rejects.toMatchObject(
    refused,
  );
  for (const none of ['type Query {', 'type Query { a: Int }']) {
    await expect(createGateway({ ...createParts(), links: [], supergraphSdl: none })).rejects.toMatchObject(refused);
  }
});
