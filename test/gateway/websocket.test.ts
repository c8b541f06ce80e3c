import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Gateway, GatewayOptions } from '../../gateway/gateway';
import { AppError } from '../../platform/errors';
import { createManualClock } from '../support/manual-clock';
import { openGateway, type TestSubgraph } from './gateway-fixture';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A stream that the test fills, and that says when it was let go. */
function createSource() {
  const waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  const ready: unknown[] = [];
  let returned = (): void => {};
  const released = new Promise<void>((resolve) => {
    returned = resolve;
  });
  let pulled = 0;
  const end = () => {
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
    returned();
  };
  return {
    released,
    pulled: () => pulled,
    push(value: unknown) {
      const resolve = waiting.shift();
      if (resolve) resolve({ done: false, value });
      else ready.push(value);
    },
    iterator: {
      next: () => {
        pulled++;
        return new Promise<IteratorResult<unknown>>((resolve) => {
          if (ready.length > 0) resolve({ done: false, value: ready.shift() });
          else waiting.push(resolve);
        });
      },
      return: async () => {
        end();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}

const NOW_MS = Date.UTC(2026, 0, 1);
const clock = createManualClock(NOW_MS);
let source = createSource();
const SUBGRAPHS: readonly TestSubgraph[] = [
  {
    name: 'segments',
    sdl: `type Query { a: Int } type Subscription { changed(fail: Boolean): Event! }
      type Event { n: Int! text: String profile: Profile } type Profile @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: { a: () => 1 },
      Subscription: {
        changed: {
          subscribe: (_: unknown, { fail }: { fail?: boolean }) => {
            if (fail) throw new AppError('NOT_FOUND', 'That cursor is gone.');
            return source.iterator;
          },
        },
      },
    },
  },
  {
    name: 'profile',
    sdl: 'type Profile @key(fields: "id") { id: ID! seenAt: String } type Mutation { touch: Int }',
    resolvers: {
      Profile: {
        seenAt: (_: unknown, __: unknown, { nowMs, operation }: { nowMs: number; operation: string }) =>
          `${operation} ${nowMs - NOW_MS}`,
      },
      Mutation: { touch: () => 2 },
    },
  },
];

async function openSockets(
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; url: string; http: string }> {
  source = createSource();
  const gateway = await openGateway(SUBGRAPHS, { clock, ...options });
  const { url } = await gateway.listen(0);
  open.push(() => gateway.close());
  return { gateway, url: `${url.replace('http', 'ws')}/graphql`, http: url };
}

function clientOf(url: string, connectionParams: Record<string, unknown> = {}): Client {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams, lazy: true });
  open.push(() => client.dispose());
  return client;
}

async function first(client: Client, query: string): Promise<unknown> {
  for await (const result of client.iterate({ query })) return result;
  return undefined;
}

const EVENT = (n: number) => ({ changed: { n, profile: { id: `p${n}` } } });

test('S-11 each event is completed by other subgraphs as of its own instant', async () => {
  const { url } = await openSockets();
  const stream = clientOf(url).iterate({ query: 'subscription { changed { n profile { id seenAt } } }' });
  source.push(EVENT(1));
  expect((await stream.next()).value).toEqual({
    data: { changed: { n: 1, profile: { id: 'p1', seenAt: 'subscription 0' } } },
  });
  clock.advance(5);
  source.push(EVENT(2));
  expect((await stream.next()).value).toEqual({
    data: { changed: { n: 2, profile: { id: 'p2', seenAt: 'subscription 5' } } },
  });
  clock.moveTo(NOW_MS);
  await stream.return?.();
  await source.released;
});

test('queries and mutations are answered over the socket too', async () => {
  const client = clientOf((await openSockets()).url);
  expect(await first(client, '{ a }')).toEqual({ data: { a: 1 } });
  expect(await first(client, 'mutation { touch }')).toEqual({ data: { touch: 2 } });
});

test('a subscription that is sent by POST is refused, and its source never asked', async () => {
  const { http } = await openSockets();
  for (let round = 0; round < 6; round++) {
    const response = await fetch(`${http}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'subscription { changed { n } }' }),
    });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  }
  expect(source.pulled()).toBe(0);
});

test('leaving a stream in process releases its source at once, also while an event is awaited', async () => {
  const { gateway } = await openSockets();
  const stream = await gateway.subscribe({ query: 'subscription { changed { n } }' });
  if (!(Symbol.asyncIterator in stream)) throw new Error('There is no stream.');
  const awaited = stream.next();
  await stream.return?.();
  await source.released;
  expect(await awaited).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('a client that goes away releases its source', async () => {
  const { url } = await openSockets();
  const client = clientOf(url);
  const stream = client.iterate({ query: 'subscription { changed { n } }' });
  source.push(EVENT(1));
  await stream.next();
  client.terminate();
  await source.released;
});

test('a stream that cannot be opened is answered with its coded error', async () => {
  const client = clientOf((await openSockets()).url);
  expect(await first(client, 'subscription { changed(fail: true) { n } }')).toMatchObject({
    errors: [{ message: 'That cursor is gone.', extensions: { code: 'NOT_FOUND' } }],
  });
  expect(await first(client, 'subscription { nothing }')).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
});

test('a socket without a known key is closed with 4401', async () => {
  const sha256 = createHash('sha256').update('right-key').digest('hex');
  const { url } = await openSockets({ authorize: 'keys', keys: [{ scope: 'admin', sandbox: 'default', sha256 }] });
  const refused = (params: Record<string, unknown>) =>
    first(clientOf(url, params), '{ a }').then(
      () => 'answered',
      (event: { code?: number }) => event.code,
    );
  expect(await refused({})).toBe(4401);
  expect(await refused({ authorization: 'Bearer wrong-key' })).toBe(4401);
  const client = clientOf(url, { authorization: 'Bearer right-key' });
  expect(await first(client, '{ a }')).toEqual({ data: { a: 1 } });
});

test('one socket has a limited number of operations under way', async () => {
  const { url } = await openSockets({ limits: { socketOperations: 1 } });
  const client = clientOf(url);
  const stream = client.iterate({ query: 'subscription { changed { n } }' });
  source.push(EVENT(1));
  await stream.next();
  expect(await first(client, '{ a }').catch((errors: unknown) => errors)).toMatchObject([
    { extensions: { code: 'LIMIT_EXCEEDED', limit: 'socketOperations' } },
  ]);
  await stream.return?.();
});

test('a client that does not read is cut off with 4429, and nothing is pulled for it meanwhile', async () => {
  const { url } = await openSockets();
  const slow = new WebSocket(url, 'graphql-transport-ws');
  open.push(() => slow.terminate());
  await once(slow, 'open');
  slow.send(JSON.stringify({ type: 'connection_init' }));
  await once(slow, 'message');
  slow.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { changed { n text } }' } }));
  slow.pause();
  const text = 'x'.repeat(1_000_000);
  for (let n = 0; n < 100; n++) source.push({ changed: { n, text } });
  let pulled = -1;
  while (source.pulled() !== pulled) {
    pulled = source.pulled();
    await untilPulledOrStill(() => source.pulled() !== pulled);
  }
  expect(pulled).toBeLessThan(60);
  clock.advance(10_000);
  await source.released;
  const closed = once(slow, 'close');
  slow.resume();
  expect((await closed)[0]).toBe(4429);
  clock.moveTo(NOW_MS);
});

/** Resolves when the source moved, or when the event loop turned often without it. */
async function untilPulledOrStill(moved: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !moved(); turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a connection to another path does not become a socket', async () => {
  const { http } = await openSockets();
  const { port } = new URL(http);
  const socket = connect(Number(port));
  await once(socket, 'connect');
  socket.write(
    'GET /other HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'close');
});

test('closing says good-bye to sockets', async () => {
  const { url, gateway } = await openSockets();
  const client = clientOf(url);
  const closed = new Promise<number>((resolve) =>
    client.on('closed', (event) => resolve((event as { code: number }).code)),
  );
  const stream = client.iterate({ query: 'subscription { changed { n } }' });
  source.push(EVENT(1));
  await stream.next();
  stream.next().catch(() => {});
  await gateway.close();
  expect(await closed).toBe(1001);
  await source.released;
});
