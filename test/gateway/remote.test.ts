import { afterEach, expect, test } from '@jest/globals';
import { createGateway } from '../../gateway/gateway';
import { signInternal } from '../../gateway/internal-header';
import { createRemoteLink } from '../../gateway/links/remote';
import { createSubgraphServer } from '../../gateway/subgraph-server';
import type { RequestContext } from '../../platform/graphql/request-context';
import { createParts, toSchema, withLink } from './gateway-fixture';

const SECRET = 'a secret that all parts share';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const USERS = {
  name: 'users',
  sdl: `type Query { me: User }
    type User @key(fields: "id") { id: ID! name: String }
    type Subscription { ticks(count: Int!): Tick! }
    type Tick { number: Int! user: User }`,
  resolvers: {
    Query: { me: (_: unknown, __: unknown, context: { scope: string }) => ({ id: '1', name: context.scope }) },
    Subscription: {
      ticks: {
        async *subscribe(_: unknown, { count }: { count: number }) {
          for (let number = 1; number <= count; number++)
            yield { ticks: { number, user: { id: String(number), name: `u${number}` } } };
        },
      },
    },
  },
};
const REVIEWS = {
  name: 'reviews',
  sdl: `type User @key(fields: "id") { id: ID! reviews: [String!] } type Query { reviewCount: Int }`,
  resolvers: {
    Query: { reviewCount: () => 3 },
    User: { reviews: ({ id }: { id: string }) => [`review of ${id}`] },
  },
};

async function openRemote() {
  const parts = createParts();
  const servers = await Promise.all(
    [USERS, REVIEWS].map(async (subgraph) => {
      const server = createSubgraphServer({
        ...parts,
        name: subgraph.name,
        schema: toSchema(subgraph),
        sdl: withLink(subgraph.sdl),
        secret: SECRET,
      });
      const { url } = await server.listen(0);
      return { server, name: subgraph.name, url: `${url}/graphql` };
    }),
  );
  const links = servers.map(({ name, url }) => createRemoteLink({ name, url, secret: SECRET, clock: parts.clock }));
  const gateway = await createGateway({ ...parts, links, authorize: 'none' });
  open.push(gateway, ...servers.map(({ server }) => server));
  return { gateway, servers, parts };
}

test('remote subgraphs answer one question together, and know who asks', async () => {
  const { gateway } = await openRemote();
  expect(await gateway.execute({ query: '{ me { name reviews } reviewCount }' })).toEqual({
    data: { me: { name: 'admin', reviews: ['review of 1'] }, reviewCount: 3 },
  });
});

test('a subgraph answers neither a call without the signed header nor a forged representation', async () => {
  const { servers, parts } = await openRemote();
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(servers[0]?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        query: '{ _entities(representations: [{ __typename: "User", id: "1" }]) { __typename } }',
      }),
    });
    return { status: response.status, body: await response.json() };
  };
  const nowMs = parts.clock.now();
  const context: RequestContext = {
    ...{ sandbox: 'default', scope: 'admin', requestId: 'r', operation: 'query' },
    ...{ nowMs, deadlineAtMs: nowMs + 1_000 },
  };
  const refused = { status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } };
  expect(await ask({})).toMatchObject(refused);
  expect(await ask(signInternal(context, 'another secret of the same kind', parts.clock.now()))).toMatchObject(refused);
  expect(await ask(signInternal(context, SECRET, parts.clock.now() - 31_000))).toMatchObject(refused);
  expect(await ask(signInternal(context, SECRET, parts.clock.now()))).toMatchObject({ status: 200 });
});

test('a stream of one subgraph is completed by another, event by event', async () => {
  const { gateway } = await openRemote();
  const stream = await gateway.subscribe({
    query: 'subscription { ticks(count: 2) { number user { name reviews } } }',
  });
  const seen: unknown[] = [];
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  for await (const answer of stream) seen.push(answer);
  expect(seen).toEqual([
    { data: { ticks: { number: 1, user: { name: 'u1', reviews: ['review of 1'] } } } },
    { data: { ticks: { number: 2, user: { name: 'u2', reviews: ['review of 2'] } } } },
  ]);
});
