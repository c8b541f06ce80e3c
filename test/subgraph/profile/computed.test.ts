import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrivals } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { ecid, event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const PUT =
  'mutation ($i: ComputedAttributeInput!) { putComputedAttribute(input: $i) { id version backfill { done } } }';
const put = (input: object, sandbox = 'default') => profile.get(PUT, { i: input }, { sandbox });
const HOUR_MS = 3_600_000;
const computed = async (namespace: string, value: string) =>
  (await profile.find(namespace, value, 'computedAttributes')).computedAttributes;
/** What was last announced of a person's computed attributes. */
const toldOf = async (namespace: string, value: string) =>
  (await profile.changes()).get((await profile.find(namespace, value, 'id')).id)?.at(-1)?.computedAttributes;
const bought = (atMs: number, identities: Record<string, string>, total: number, topic: string) =>
  event('buy', atMs, { ...who(identities), order: { total }, topic });

describe('P-15 computed attributes', () => {
  test('P-15 they are computed from events, in windows that move with time, and announced', async () => {
    await put({ id: 'orders.count', function: 'COUNT', filter: 'eventType = "buy"' });
    await put({ id: 'orders.lastDay', function: 'SUM', value: 'order.total', window: 'P1D' });
    await put({ id: 'affinity', function: 'AFFINITY', value: 'topic', weights: { buy: 3 } });
    await profile.ingest('web', bought(NOW_MS - HOUR_MS, { CRMID: 'c1' }, 10, 'shoes'));
    await profile.ingest(
      'web',
      bought(NOW_MS, { CRMID: 'c1' }, 5, 'hats'),
      event('view', NOW_MS, { ...who({ CRMID: 'c1' }), topic: 'hats' }),
    );
    expect(await computed('CRMID', 'c1')).toEqual({
      orders: { count: 2, lastDay: 15 },
      affinity: { shoes: 3, hats: 4 },
    });
    const [snapshot] = await profile.subgraph.reader.getMany('default', [(await profile.find('CRMID', 'c1')).id]);
    expect(snapshot).toMatchObject({
      computedAttributes: { orders: { count: 2 } },
      computedUntilMs: NOW_MS + 23 * HOUR_MS,
    });
    const changes = (await profile.changes()).get(snapshot?.id ?? '') ?? [];
    expect(changes.map(({ computedAttributes }) => computedAttributes?.orders)).toEqual([
      { count: 1, lastDay: 10 },
      { count: 2, lastDay: 15 },
    ]);
    profile.clock.advance(23 * HOUR_MS);
    expect(await computed('CRMID', 'c1')).toMatchObject({ orders: { count: 2, lastDay: 5 } });
    profile.clock.advance(HOUR_MS);
    expect(await computed('CRMID', 'c1')).toMatchObject({ orders: { count: 2, lastDay: 0 } });
  });

  test('P-15 merged people have what both did, split ones each their own', async () => {
    await profile.ingest('web', bought(NOW_MS, { ECID: ecid(1) }, 1, 'a'), bought(NOW_MS, { CRMID: 'c2' }, 2, 'b'));
    await profile.ingest('web', event('login', NOW_MS + 1, who({ ECID: ecid(1), CRMID: 'c2' })));
    expect(await computed('CRMID', 'c2')).toMatchObject({ orders: { count: 2 }, affinity: { a: 3, b: 3 } });
    expect(await toldOf('CRMID', 'c2')).toMatchObject({ orders: { count: 2 }, affinity: { a: 3, b: 3 } });
    await profile.ingest('web', event('login', NOW_MS + 2, who({ ECID: ecid(1), CRMID: 'c3' })));
    expect(await computed('CRMID', 'c2')).toMatchObject({ orders: { count: 1 }, affinity: { b: 3 } });
    expect(await computed('CRMID', 'c3')).toMatchObject({ orders: { count: 1 }, affinity: { a: 3 } });
    expect(await toldOf('CRMID', 'c2')).toMatchObject({ orders: { count: 1 }, affinity: { b: 3 } });
    expect(await toldOf('CRMID', 'c3')).toMatchObject({ orders: { count: 1 }, affinity: { a: 3 } });
  });

  test('P-15 a merge and a split by records alone, with no event, announce what each has now', async () => {
    const link = (atMs: number, identities: Record<string, string>) => ({
      ...who(identities),
      timestamp: new Date(atMs).toISOString(),
      tier: 'x',
    });
    await profile.ingest('web', bought(NOW_MS, { ECID: ecid(7) }, 1, 'a'), bought(NOW_MS, { CRMID: 'c7' }, 2, 'b'));
    await profile.ingest('crm', link(NOW_MS + 1, { ECID: ecid(7), CRMID: 'c7' }));
    expect(await toldOf('CRMID', 'c7')).toMatchObject({ orders: { count: 2 }, affinity: { a: 3, b: 3 } });
    await profile.ingest('crm', link(NOW_MS + 2, { ECID: ecid(7), CRMID: 'c8' }));
    expect(await toldOf('CRMID', 'c7')).toMatchObject({ orders: { count: 1 }, affinity: { b: 3 } });
    expect(await toldOf('CRMID', 'c8')).toMatchObject({ orders: { count: 1 }, affinity: { a: 3 } });
  });

  test('P-15 a new one shows at once, is filled in the background with progress, and is announced', async () => {
    const { putComputedAttribute } = await put({ id: 'topics', function: 'DISTINCT_COUNT', value: 'topic' });
    expect(putComputedAttribute.backfill).not.toBeNull();
    expect(await computed('CRMID', 'c1')).toMatchObject({ topics: 2 });
    await profile.subgraph.idle();
    const { computedAttribute } = await profile.get(
      '{ computedAttribute(id: "topics") { function value backfill { done } } }',
    );
    expect(computedAttribute).toEqual({ function: 'DISTINCT_COUNT', value: 'topic', backfill: null });
    const { id } = await profile.find('CRMID', 'c1');
    const last = (await profile.changes()).get(id)?.at(-1);
    expect(last).toMatchObject({ computedAttributes: { topics: 2 }, cause: { kind: 'RULE' } });
    const { revision } = await profile.find('CRMID', 'c1');
    await put({ id: 'topics', function: 'DISTINCT_COUNT', value: 'topic' });
    await profile.subgraph.idle();
    expect((await profile.find('CRMID', 'c1')).revision).toBe(revision);
    await profile.get('mutation { deleteComputedAttribute(id: "topics") { id } }');
    expect(await computed('CRMID', 'c1')).not.toHaveProperty('topics');
    await profile.subgraph.idle();
    expect((await profile.changes()).get(id)?.at(-1)?.computedAttributes).not.toHaveProperty('topics');
  });

  test('P-4 P-15 what was counted of events past keeping stays counted when people are made anew', async () => {
    const own = await openProfile({ limits: { eventsPerProfile: 10 } });
    const mutate = (name: string, input: object) =>
      own.get(`mutation ($i: ${name}Input!) { put${name}(input: $i) { id } }`, { i: input });
    await mutate('ComputedAttribute', { id: 'all', function: 'COUNT' });
    await mutate('ComputedAttribute', { id: 'sum', function: 'SUM', value: 'n' });
    await mutate('ComputedAttribute', { id: 'first', function: 'FIRST', value: 'n' });
    await mutate('Dataset', { id: 'shop', kind: 'EVENTS' });
    const of = (n: number) => event('a', NOW_MS + n, { ...who({ CRMID: 'old' }), n });
    const now = async () => {
      await own.subgraph.idle();
      const { computedAttributes, events } = await own.find(
        'CRMID',
        'old',
        'computedAttributes events(first: 99) { edges { node { id } } }',
      );
      expect(events.edges.length).toBeLessThanOrEqual(11);
      const changes = (await own.changes()).get((await own.find('CRMID', 'old')).id) ?? [];
      const told = changes.flatMap((change) => change.computedAttributes ?? []).at(-1);
      expect(told).toEqual(computedAttributes);
      return computedAttributes;
    };
    await own.ingest('shop', of(100));
    for (let n = 1; n <= 12; n += 1) await own.ingest('web', of(n));
    expect(await now()).toEqual({ all: 13, sum: 178, first: 1 });
    const { startBatch } = await own.get('mutation { startBatch(dataset: "web") { id } }');
    await own.get(
      'mutation ($b: ID!, $e: [JSONObject!]!) { ingestEvents(dataset: "web", events: $e, batch: $b) { accepted } }',
      { b: startBatch.id, e: [of(50)] },
    );
    await own.get('mutation ($b: ID!) { completeBatch(id: $b) { id } }', { b: startBatch.id });
    expect(await now()).toEqual({ all: 14, sum: 228, first: 1 });
    await own.get('mutation ($b: ID!) { revertBatch(id: $b) { id } }', { b: startBatch.id });
    expect(await now()).toEqual({ all: 13, sum: 178, first: 1 });
    await own.ingest(
      'web',
      event('login', NOW_MS + 200, { ...who({ CRMID: 'old', Email: 'old@example.test' }), n: 0 }),
    );
    await mutate('Namespace', { id: 'CRMID', type: 'CROSS_DEVICE', priority: 3, unique: true });
    expect(await now()).toEqual({ all: 14, sum: 178, first: 1 });
    // What of a dataset that does not show is past keeping does not show either.
    await mutate('Dataset', { id: 'web', kind: 'EVENTS', profileEnabled: false });
    await own.subgraph.idle();
    const { computedAttributes } = await own.find('CRMID', 'old', 'computedAttributes');
    expect(computedAttributes).toEqual({ all: 1, sum: 100, first: 100 });
    await own.close();
  });

  test('P-15 what is not sound is BAD_USER_INPUT with its path', async () => {
    const refused = (input: object) => expect(put(input)).rejects;
    await refused({ id: 'x', function: 'SUM' }).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'value' } });
    await refused({ id: 'x', function: 'COUNT', filter: 'eventType = ' }).toMatchObject({
      details: { path: 'filter' },
    });
    await refused({ id: 'x', function: 'COUNT', window: 'soon' }).toMatchObject({ details: { path: 'window' } });
    await refused({ id: 'orders', function: 'COUNT' }).toMatchObject({ details: { path: 'id' } });
  });

  test('P-15 in any order, under merges and splits, they are what a plain computation over the events gives', async () => {
    let sandboxes = 0;
    const runs = process.env.ATTUNE_TEST_LONG === '1' ? 1000 : 30;
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, order, batchSize }) => {
        sandboxes += 1;
        const sandbox = `p${sandboxes}`;
        await put({ id: 'all', function: 'COUNT' }, sandbox);
        await put({ id: 'sum', function: 'SUM', value: 'n' }, sandbox);
        const shuffled = order.flatMap((index) => history[index] ?? []);
        const half = Math.floor(shuffled.length / 2);
        await send(profile, sandbox, shuffled.slice(0, half), batchSize);
        await put({ id: 'last', function: 'LAST', value: 'n' }, sandbox);
        await send(profile, sandbox, shuffled.slice(half), batchSize);
        await profile.subgraph.idle();
        const people = await stateOf(profile, sandbox);
        for (const { identities, events, computedAttributes } of people) {
          const numbers = events.map((key) => history.find(({ body }) => `web|${body._id}` === key)?.body.n as number);
          expect([identities, computedAttributes]).toEqual([
            identities,
            {
              all: numbers.length,
              sum: numbers.reduce((sum, n) => sum + n, 0),
              ...(numbers.length > 0 ? { last: numbers.at(-1) } : {}),
            },
          ]);
        }
      }),
      { numRuns: runs },
    );
  }, 300_000);
});
