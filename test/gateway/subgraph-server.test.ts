import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { createGateway } from '../../gateway/gateway';
import { signInternal, verifyInternal } from '../../gateway/internal-header';
import { createRemoteLink } from '../../gateway/links/remote';
import { createSubgraphServer, type SubgraphServerOptions } from '../../gateway/subgraph-server';
import { AppError } from '../../platform/errors';
import type { RequestContext } from '../../platform/graphql/request-context';
import type { Exchange } from '../../platform/http/route';
import { createManualClock } from '../support/manual-clock';
import { createParts, type TestSubgraph, toSchema, withLink } from './gateway-fixture';

const SECRET = 'a secret that all parts share';
const clock = createManualClock();
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const SUBGRAPH: TestSubgraph = {
  name: 'ticks',
  sdl: `type Query { who: String } type Subscription { ticks(fail: Boolean): Int! }
    type User @key(fields: "id") { id: ID! name: String broken: Int }`,
  resolvers: {
    Query: { who: (_: unknown, __: unknown, { scope, sandbox }: RequestContext) => `${scope} of ${sandbox}` },
    User: {
      name: ({ id }: { id: string }) => `Name ${id}`,
      broken: () => {
        throw new AppError('CONFLICT', 'Busy.');
      },
    },
    Subscription: {
      ticks: {
        subscribe: (_: unknown, { fail }: { fail?: boolean }) => {
          let number = 0;
          return {
            next: async () => {
              if (fail && number === 1) throw new AppError('NOT_FOUND', 'That cursor is gone.');
              number++;
              return number < 3 ? { done: false, value: { ticks: number } } : new Promise(() => {});
            },
            return: async () => ({ done: true, value: undefined }),
            [Symbol.asyncIterator]() {
              return this;
            },
          };
        },
      },
    },
  },
};

async function serve(options: Partial<SubgraphServerOptions> = {}) {
  const server = createSubgraphServer({
    ...createParts(clock),
    ...{ name: SUBGRAPH.name, schema: toSchema(SUBGRAPH), sdl: withLink(SUBGRAPH.sdl), secret: SECRET },
    ...options,
  });
  open.push(server);
  return { server, url: (await server.listen(0)).url };
}

const context = (more: Partial<RequestContext> = {}): RequestContext => ({
  ...{ sandbox: 'blue', scope: 'server', requestId: 'r', operation: 'query' },
  ...{ nowMs: clock.now(), deadlineAtMs: clock.now() + 1_000 },
  ...more,
});
const signed = (more: Partial<RequestContext> = {}) => signInternal(context(more), SECRET, clock.now());

async function ask(url: string, query: string, headers: Record<string, string>) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, body: await response.json() };
}

test('the signed header carries who asks; anything changed in it is refused', () => {
  const header = signed({ userAgent: 'a browser' })['x-attune-context'];
  const nowMs = clock.now();
  expect(verifyInternal(header, SECRET, nowMs)).toEqual(context({ userAgent: 'a browser' }));
  const [body = '', signature = ''] = header.split('.');
  const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('server', 'admin')).toString(
    'base64url',
  );
  const refused = [undefined, '', header.slice(1), `${forged}.${signature}`, `${header}.x`, `${body}.`, 7];
  for (const one of refused) {
    expect(() => verifyInternal(one, SECRET, nowMs)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  }
  for (const [later, secret] of [
    [30_001, SECRET],
    [-30_001, SECRET],
    [0, 'another'],
  ] as const) {
    expect(() => verifyInternal(header, secret, nowMs + later)).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    );
  }
});

test('a developer may ask a subgraph with an admin key, and with no other', async () => {
  const keys = (['admin', 'server', 'public'] as const).map((scope) => ({
    ...{ scope, sandbox: 'default' },
    sha256: createHash('sha256').update(scope).digest('hex'),
  }));
  const { url } = await serve({ keys });
  expect(await ask(url, '{ who }', { authorization: 'Bearer admin' })).toEqual({
    status: 200,
    body: { data: { who: 'admin of default' } },
  });
  for (const key of ['server', 'public', 'none'])
    expect(await ask(url, '{ who }', { authorization: `Bearer ${key}` })).toMatchObject({ status: 401 });
  expect(await ask(url, '{ who }', signed())).toEqual({ status: 200, body: { data: { who: 'server of blue' } } });
});

test('what is wrong with a call is a coded error', async () => {
  const { url } = await serve();
  expect(await ask(url, '{ nothing }', signed())).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  });
  expect(await ask(url, '{ who', signed())).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  });
  expect(await ask(url, 'subscription { ticks }', signed())).toMatchObject({ status: 400 });
  const query = '{ _entities(representations: [{ __typename: "User", id: "1" }]) { ... on User { name broken } } }';
  expect(await ask(url, query, signed())).toMatchObject({
    status: 200,
    body: {
      data: { _entities: [{ name: 'Name 1', broken: null }] },
      errors: [{ path: ['_entities', 0, 'broken'], extensions: { code: 'CONFLICT' } }],
    },
  });
});

test('routes take admin keys and the header, internal routes the header alone', async () => {
  const sha256 = createHash('sha256').update('admin').digest('hex');
  const handle = async ({ response, context: { scope }, params }: Exchange) =>
    void response.end(`${scope} ${params.name ?? ''}`);
  const { url } = await serve({
    keys: [{ scope: 'admin', sandbox: 'default', sha256 }],
    routes: [{ method: 'POST', path: '/open', handle }],
    internalRoutes: [{ method: 'POST', path: '/internal/:name', handle }],
  });
  const send = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers });
    return [response.status, response.ok ? await response.text() : ''];
  };
  const developer = { authorization: 'Bearer admin' };
  expect(await send('/open', developer)).toEqual([200, 'admin ']);
  expect(await send('/open', signed())).toEqual([200, 'server ']);
  expect(await send('/internal/port', signed())).toEqual([200, 'server port']);
  expect(await send('/internal/port', developer)).toEqual([401, '']);
  expect(await send('/open', {})).toEqual([401, '']);
});

async function gatewayOver(url: string) {
  const link = createRemoteLink({ name: 'ticks', url: `${url}/graphql`, secret: SECRET, clock });
  const gateway = await createGateway({ ...createParts(clock), links: [link], authorize: 'none' });
  open.unshift(gateway);
  return async (query: string) => {
    const stream = await gateway.subscribe({ query });
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
    return stream;
  };
}

test('a stream over the wire ends with the coded error of its source', async () => {
  const subscribe = await gatewayOver((await serve()).url);
  const stream = await subscribe('subscription { ticks(fail: true) }');
  expect((await stream.next()).value).toEqual({ data: { ticks: 1 } });
  expect((await stream.next()).value).toMatchObject({
    errors: [{ message: 'That cursor is gone.', extensions: { code: 'NOT_FOUND' } }],
  });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('a stream whose line breaks ends as UNAVAILABLE: it does not go on with a gap', async () => {
  const { server, url } = await serve();
  const subscribe = await gatewayOver(url);
  const stream = await subscribe('subscription { ticks }');
  expect((await stream.next()).value).toEqual({ data: { ticks: 1 } });
  expect((await stream.next()).value).toEqual({ data: { ticks: 2 } });
  await server.close();
  expect((await stream.next()).value).toMatchObject({
    errors: [{ extensions: { code: 'UNAVAILABLE', service: 'ticks' } }],
  });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('a link whose subgraph is not there yet fails with UNAVAILABLE, and works when it is', async () => {
  const { server, url } = await serve();
  await server.close();
  const link = createRemoteLink({ name: 'ticks', url: `${url}/graphql`, secret: SECRET, clock });
  open.push(link);
  await expect(link.sdl()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const again = createSubgraphServer({
    ...createParts(clock),
    ...{ name: SUBGRAPH.name, schema: toSchema(SUBGRAPH), sdl: withLink(SUBGRAPH.sdl), secret: SECRET },
  });
  open.push(again);
  await again.listen(Number(new URL(url).port));
  expect(await link.sdl()).toContain('type User');
});
