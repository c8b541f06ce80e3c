import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import type { Gateway, GatewayOptions } from '../../gateway/gateway';
import type { PreparedOperation } from '../../gateway/operation';
import { createSharedAnswers } from '../../gateway/shared-answers';
import type { RequestContext } from '../../platform/graphql/request-context';
import { createManualClock } from '../support/manual-clock';
import { openGateway, type TestSubgraph, toLink } from './gateway-fixture';

/** Every subscriber is handed the same event object, as one reader of a log would. */
const events = new EventEmitter().setMaxListeners(0);
let asked = { names: 0, seen: 0 };
const SUBGRAPHS: readonly TestSubgraph[] = [
  {
    name: 'segments',
    sdl: `type Query { a: Int } type Subscription { segmentQualificationChanged(only: Int): SegmentQualification! }
      type SegmentQualification { n: Int! name(upper: Boolean): String profile: Profile }
      type Profile @key(fields: "id") { id: ID! }`,
    resolvers: {
      Subscription: {
        segmentQualificationChanged: {
          subscribe: async function* () {
            for await (const [changed] of on(events, 'changed')) yield changed;
          },
          resolve: (event: unknown) => event,
        },
      },
      SegmentQualification: {
        name: (_: unknown, { upper }: { upper?: boolean }) => {
          asked.names += 1;
          return upper ? 'NAME' : 'name';
        },
      },
    },
  },
  {
    name: 'profile',
    sdl: 'type Profile @key(fields: "id") { id: ID! seen: Int reader: String }',
    resolvers: {
      Profile: {
        seen: () => {
          asked.seen += 1;
          return asked.seen;
        },
        reader: (_: unknown, __: unknown, { sandbox, scope }: RequestContext) => `${sandbox} ${scope}`,
      },
    },
  },
];

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close();
});

type Asked = readonly [query: string, variables: Record<string, unknown>, key?: string];

/** What each is told of one event, and what who hears nothing is told instead. */
async function tell(asking: readonly Asked[], options: Partial<GatewayOptions> = {}) {
  gateway = await openGateway(SUBGRAPHS, options);
  const opened = gateway;
  asked = { names: 0, seen: 0 };
  const streams = await Promise.all(
    asking.map(([query, variables, key]) => opened.subscribe({ query, variables, ...(key && { key }) })),
  );
  const listening = streams.filter((stream) => Symbol.asyncIterator in stream);
  const answers = streams.map((stream) => (Symbol.asyncIterator in stream ? stream.next() : { value: stream }));
  // The source listens only once it is asked.
  while (events.listenerCount('changed') < listening.length) await new Promise(setImmediate);
  events.emit('changed', { n: 1, profile: { id: 'p1' } });
  const told = await Promise.all(answers);
  for (const stream of listening) void stream.return?.();
  events.emit('changed', { n: 2 });
  return told.map(({ value }) => value?.data?.segmentQualificationChanged ?? value?.errors?.[0]?.extensions.code);
}

const QUERY =
  'subscription ($only: Int, $upper: Boolean) { segmentQualificationChanged(only: $only) { n name(upper: $upper) profile { id seen } } }';

test('S-12 an event is answered once for all who are told the same, whatever made them hear of it', async () => {
  const told = await tell([
    [QUERY, {}],
    [QUERY, { only: 1 }],
    [QUERY, { only: 2 }],
  ]);
  expect(told).toEqual(told.map(() => ({ n: 1, name: 'name', profile: { id: 'p1', seen: 1 } })));
  expect(asked).toEqual({ names: 1, seen: 1 });
});

test('S-12 who is told something else has an answer of their own', async () => {
  const told = await tell([
    [QUERY, { upper: true }],
    [QUERY, { upper: false }],
    ['subscription { segmentQualificationChanged { profile { seen } } }', {}],
    [
      `subscription ($upper: Boolean) { segmentQualificationChanged { ...told } }
        fragment told on SegmentQualification { name(upper: $upper) }`,
      {},
    ],
  ]);
  expect(told.map((one) => one?.name)).toEqual(['NAME', 'name', undefined, 'name']);
  expect(asked).toEqual({ names: 3, seen: 3 });
});

test('S-12 a variable that is absent takes its default: who gave null is told something else', async () => {
  const query = 'subscription ($upper: Boolean = true) { segmentQualificationChanged { name(upper: $upper) } }';
  const told = await tell([
    [query, {}],
    [query, { upper: null }],
    [query, { upper: true }],
  ]);
  expect(told.map((one) => one?.name)).toEqual(['NAME', 'name', 'NAME']);
});

test('S-12 Q-5 nobody is told what was made for a key with other rights, or of another sandbox', async () => {
  const keys = (['public', 'server', 'admin'] as const).map((scope) => toKey(scope, scope, 'default'));
  const query = 'subscription { segmentQualificationChanged { n profile { reader } } }';
  const asking: Asked[] = ['admin', 'server', 'public', 'other', 'server'].map((key) => [query, {}, key]);
  const told = await tell(asking, { authorize: 'keys', keys: [...keys, toKey('other', 'server', 'other')] });
  const readers = told.map((one) => one?.profile?.reader ?? one);
  expect(readers).toEqual(['default admin', 'default server', 'FORBIDDEN', 'other server', 'default server']);
});

function toKey(key: string, scope: RequestContext['scope'], sandbox: string) {
  return { scope, sandbox, sha256: createHash('sha256').update(key).digest('hex') };
}

test('S-12 whatever the request carries parts those who are told: all but its id, its instant and its deadline', () => {
  const { shareOf } = createSharedAnswers();
  const prepared = { eventVariables: [] } as unknown as PreparedOperation;
  const context: RequestContext = {
    ...{ sandbox: 'a', scope: 'server', operation: 'subscription', requestId: '1', nowMs: 1, deadlineAtMs: 2 },
    ...{ userAgent: 'u', acceptLanguage: 'de', referer: 'r' },
  };
  const share = shareOf(prepared, {}, context);
  expect(shareOf(prepared, { of: 'the root field' }, { ...context, requestId: '2', nowMs: 3, deadlineAtMs: 4 })).toBe(
    share,
  );
  for (const other of [
    { sandbox: 'b' },
    { scope: 'admin' as const },
    { userAgent: 'v' },
    { acceptLanguage: 'fr' },
    { referer: 's' },
  ])
    expect(shareOf(prepared, {}, { ...context, ...other })).not.toBe(share);
  expect(shareOf({ ...prepared }, {}, context)).not.toBe(share);
});

test('S-12 P-19 who reads an event later is told what is so by then', async () => {
  const clock = createManualClock();
  const [segments] = SUBGRAPHS;
  if (!segments) throw new Error('There is none.');
  const event = { n: 1 };
  const source = {
    subscribe: async function* () {
      yield event;
    },
    resolve: (one: unknown) => one,
  };
  const resolvers = { ...segments.resolvers, Subscription: { segmentQualificationChanged: source } };
  const own = await openGateway([toLink({ ...segments, resolvers }, { clock })], { clock });
  gateway = own;
  asked = { names: 0, seen: 0 };
  const query = 'subscription { segmentQualificationChanged { name } }';
  const hear = async (): Promise<number> => {
    const stream = await own.subscribe({ query });
    if (Symbol.asyncIterator in stream) await stream.next();
    return asked.names;
  };
  expect([await hear(), await hear()]).toEqual([1, 1]);
  await clock.advance(1_000);
  expect([await hear(), await hear()]).toEqual([2, 2]);
});
