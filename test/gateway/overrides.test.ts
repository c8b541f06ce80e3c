import { buildSubgraphSchema } from '@apollo/subgraph';
import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import type { GatewayOptions } from '../../gateway/gateway';
import { createInProcessLink } from '../../gateway/links/in-process';
import type { Link } from '../../gateway/links/link';
import { createManualClock } from '../support/manual-clock';
import { openGateway } from './gateway-fixture';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override", "@external", "@requires"])\n';

/** A subgraph whose fields answer with its name. */
function toLink(name: string, body: string, fields: readonly string[]): Link {
  const sdl = LINK + body;
  const person = { __resolveReference: (reference: object) => ({ ...reference }) };
  const answers = Object.fromEntries(fields.map((field) => [field, () => name]));
  const resolvers = {
    P: { ...person, ...answers },
    ...(name === 'old' && { Query: { p: () => ({ id: '1', h: 7 }) } }),
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  return createInProcessLink({ name, schema, sdl, clock: createManualClock() });
}

const LINKS = [
  toLink('old', 'type Query { p: P } type P @key(fields: "id") { id: ID! f: String g: String k: String h: Int }', [
    'f',
    'g',
    'k',
  ]),
  toLink(
    'new',
    `type P @key(fields: "id") {
      id: ID! h: Int @external r: String @requires(fields: "h")
      f: String @override(from: "old", label: "percent(25)")
      k: String @override(from: "old", label: "percent(60)")
      g: String @override(from: "old", label: "beta")
    }`,
    ['f', 'g', 'k', 'r'],
  ),
];

const open = (options: Partial<GatewayOptions>) => openGateway(LINKS, options);

test('a field labelled with a percentage is answered by the new subgraph for that share of requests', async () => {
  const drawn = [0, 0.2499, 0.25, 0.59, 0.6, 0.999];
  const gateway = await open({ random: () => drawn.shift() ?? 1 });
  const answers: unknown[] = [];
  for (const _ of [...drawn]) answers.push((await gateway.execute({ query: '{ p { f g k } }' })).data?.p);
  const both = { f: 'new', g: 'old', k: 'new' };
  const one = { f: 'old', g: 'old', k: 'new' };
  const none = { f: 'old', g: 'old', k: 'old' };
  expect(answers).toEqual([both, both, one, one, none, none]);
  await gateway.close();
});

test('a labelled field moves when its label is on, also beside fields that require others', async () => {
  const gateway = await open({ random: () => 0.999, overrideLabels: ['beta'] });
  const { data } = await gateway.execute({ query: '{ p { f g k r } }' });
  expect(data).toEqual({ p: { f: 'old', g: 'new', k: 'old', r: 'new' } });
  await gateway.close();
});

test('each request draws by itself: a thousand of them come near the share', async () => {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const gateway = await open({ random });
  let moved = 0;
  for (let at = 0; at < 1_000; at += 1) {
    const { data } = await gateway.execute({ query: '{ p { f } }' });
    if (JSON.stringify(data).includes('new')) moved += 1;
  }
  expect(Math.abs(moved - 250)).toBeLessThan(45);
  await gateway.close();
});

test('a label that the graph has not stops the start', async () => {
  await expect(open({ overrideLabels: ['bta'] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});
