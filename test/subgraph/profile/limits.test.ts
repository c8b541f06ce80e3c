import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../subgraphs/profile';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile({ limits: { eventsPerProfile: 10, identitiesPerGraph: 5 } });
});
afterAll(() => profile.close());

const put = (input: object) =>
  profile.get('mutation ($i: DatasetInput!) { putDataset(input: $i) { id version } }', { i: input });

describe('P-4 a breach names its limit', () => {
  const refused = async (dataset: string, item: object) => (await profile.ingest(dataset, item)).results[0];

  test('P-4 the limits are these unless told otherwise', () => {
    expect(DEFAULT_LIMITS).toMatchObject({
      ...{ eventBytes: 10_240, recordBytes: 102_400, identityValueCharacters: 1024, identitiesPerItem: 20 },
      ...{ identitiesPerGraph: 50, eventsPerProfile: 5000, anonymousIdleDays: 14, tombstoneDays: 30 },
    });
  });

  test('P-4 an event of more than 10 KB, a record of more than 100 KB', async () => {
    const big = event('a', NOW_MS, { ...who({ CRMID: 'L' }), padding: 'x'.repeat(10_300) });
    expect(await refused('web', big)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('eventBytes'),
    });
    const wide = event('a', NOW_MS, { ...who({ CRMID: 'L' }), padding: 'é'.repeat(5_200) });
    expect(await refused('web', wide)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const record = { ...who({ CRMID: 'L' }), padding: 'x'.repeat(103_000) };
    expect(await refused('crm', record)).toMatchObject({ message: expect.stringContaining('recordBytes') });
    expect(await refused('crm', { ...record, padding: 'x'.repeat(101_000) })).toMatchObject({ status: 'ACCEPTED' });
  });

  test('P-4 a value of more than 1,024 characters, more than 20 identities in one item', async () => {
    const long = event('a', NOW_MS, who({ CRMID: 'x'.repeat(1025) }));
    expect(await refused('web', long)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      path: 'identityMap.CRMID[0].id',
      message: expect.stringContaining('identityValueCharacters'),
    });
    const many = event('a', NOW_MS, who({ ECID: Array.from({ length: 21 }, (_, index) => ecid(index)) }));
    expect(await refused('web', many)).toMatchObject({ message: expect.stringContaining('identitiesPerItem') });
    const shared = event('a', NOW_MS, who({ ECID: Array.from({ length: 20 }, (_, index) => ecid(index)), IDFA: 'x' }));
    expect(await refused('web', shared)).toMatchObject({ message: expect.stringContaining('identitiesPerItem') });
  });

  test('P-4 an `_id` of more than 512 characters, or one that cannot be kept', async () => {
    const named = (_id: unknown) => ({ ...event('a', NOW_MS, who({ CRMID: 'L' })), _id });
    expect(await refused('web', named('x'.repeat(513)))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      path: '_id',
      message: expect.stringContaining('idCharacters'),
    });
    for (const _id of ['', 7, 'a\u0000b'])
      expect(await refused('web', named(_id))).toMatchObject({ code: 'INVALID_ID' });
  });

  test('P-4 data that is nested too deep', async () => {
    let deep: object = {};
    for (let depth = 0; depth < 100; depth += 1) deep = { a: deep };
    expect(await refused('crm', { ...who({ CRMID: 'L' }), deep })).toMatchObject({
      message: expect.stringContaining('nestingDepth'),
    });
  });

  test('P-4 of more events than are kept the oldest leave, whatever the order in which they came', async () => {
    const events = Array.from({ length: 25 }, (_, index) => ({
      ...event('a', NOW_MS + ((index * 7) % 25) * 1000, who({ CRMID: 'many' })),
      _id: `many-${(index * 7) % 25}`,
    }));
    for (const one of events) await profile.ingest('web', one);
    const kept = Array.from({ length: 10 }, (_, index) => `many-${24 - index}`);
    expect(eventIds(await profile.find('CRMID', 'many'))).toEqual(kept);
    const [snapshot] = await profile.subgraph.reader.getMany('default', [(await profile.find('CRMID', 'many')).id], {
      events: true,
    });
    expect(snapshot?.events.map(({ key }) => key)).toEqual(kept.toReversed().map((id) => `web|${id}`));
    await profile.subgraph.idle();
    const rows = { index: 'owner', prefix: ['CRMID|many'], limit: 100 };
    // A tenth more is let be, so that not each event costs one its place.
    expect((await profile.store.collection('profile_events').range('default', rows)).length).toBeLessThanOrEqual(11);
    const again = await profile.ingest('web', ...events);
    expect(again).toMatchObject({ accepted: 0, duplicates: 25 });
  });

  test('P-12 a graph at its limit drops the oldest identity, cookies first, and the history says so', async () => {
    for (let index = 0; index < 7; index += 1) {
      await profile.ingest('web', event('a', NOW_MS + index, who({ CRMID: 'hub', ECID: ecid(500 + index) })));
    }
    await profile.ingest('web', event('a', NOW_MS - 1000, who({ CRMID: 'hub', Email: 'old@example.test' })));
    const { identities, identityHistory } = await profile.find(
      'CRMID',
      'hub',
      'identities { value } identityHistory { edges { node { kind identities } } }',
    );
    const values = identities.map(({ value }: Answer) => value);
    expect(values).toHaveLength(5);
    expect(values).toEqual(expect.arrayContaining(['hub', 'old@example.test', ecid(505), ecid(506)]));
    expect(identityHistory.edges.map(({ node }: Answer) => node)).toContainEqual({
      kind: 'IDENTITY_DROPPED',
      identities: [`ECID|${ecid(501)}`],
    });
    expect((await profile.find('ECID', ecid(500))).isAnonymous).toBe(true);
  });
});

test('P-12 cookies leave before devices, and those before persons, of each the oldest first', async () => {
  const persons = ['p1', 'p2', 'p3', 'p4', 'p5'].map((value) => ['Email_LC_SHA256', value] as const);
  const [p1, p2, ...others] = persons;
  const order = [p1, p2, ['IDFA', 'd1'], ['IDFA', 'd2'], ['ECID', ecid(800)], ...others] as const;
  const left: string[][] = [];
  for (const [index, [namespace = '', value = ''] = []] of order.entries()) {
    await profile.ingest('web', event('a', NOW_MS + index, who({ CRMID: 'mixed', [namespace]: value })));
    const { identities } = await profile.find('CRMID', 'mixed', 'identities { value }');
    left.push(identities.map((each: Answer) => each.value).filter((each: string) => each !== 'mixed'));
  }
  expect(left.slice(4).map((each) => each.toSorted())).toEqual([
    ['d1', 'd2', 'p1', 'p2'],
    ['d2', 'p1', 'p2', 'p3'],
    ['p1', 'p2', 'p3', 'p4'],
    ['p2', 'p3', 'p4', 'p5'],
  ]);
});

describe('P-2 datasets', () => {
  test('P-2 web and crm are there in a new sandbox, and listed', async () => {
    const { datasets } = await profile.get('{ datasets { edges { node { id kind public version } } } }');
    expect(datasets.edges.map(({ node }: Answer) => node)).toEqual([
      { id: 'crm', kind: 'RECORDS', public: false, version: 0 },
      { id: 'web', kind: 'EVENTS', public: true, version: 0 },
    ]);
  });

  test.each([
    [{ identities: [{ path: 'id', namespace: 'Nowhere' }] }, 'identities[0].namespace'],
    [{ identities: [{ path: 'a..b', namespace: 'CRMID' }] }, 'identities[0].path'],
    [{ identities: ['a', 'b'].map((path) => ({ path, namespace: 'CRMID', primary: true })) }, 'identities'],
    [{ retainEventsDays: 0 }, 'retainEventsDays'],
    [{ kind: 'RECORDS', retainEventsDays: 5 }, 'retainEventsDays'],
  ])('P-2 the dataset %j is BAD_USER_INPUT with its path', async (input, path) => {
    await expect(put({ id: 'unsound', kind: 'EVENTS', ...input })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { path },
    });
  });

  test('P-2 a dataset is read as it was put; put again unchanged it keeps its version', async () => {
    const input = {
      id: 'told',
      kind: 'EVENTS',
      schema: { type: 'object' },
      profileEnabled: true,
      labels: [{ labels: ['contract'] }, { path: 'mail', labels: ['pii', 'contact'] }],
      retainEventsDays: 30,
      identities: [{ path: 'mail', namespace: 'Email', primary: true }],
      public: true,
    };
    for (const version of [1, 1]) {
      await put(input);
      const { dataset } = await profile.get(
        '{ dataset(id: "told") { id kind schema profileEnabled labels { path labels } retainEventsDays identities { path namespace primary } public version } }',
      );
      expect(dataset).toEqual({ ...input, version, labels: [{ path: null, labels: ['contract'] }, input.labels[1]] });
    }
  });

  test('P-2 what a dataset is for stays as it is', async () => {
    await expect(put({ id: 'web', kind: 'RECORDS' })).rejects.toMatchObject({ details: { path: 'kind' } });
  });

  test('P-2 a plain row belongs to the field that is said to be primary, whatever its priority', async () => {
    const identities = [
      { path: 'customer', namespace: 'CRMID' },
      { path: 'device.browser', namespace: 'ECID', primary: true },
    ];
    await put({ id: 'plain', kind: 'EVENTS', identities });
    const row = event('a', NOW_MS, { customer: 7, device: { browser: ecid(600) } });
    await profile.ingest('plain', row);
    expect(eventIds(await profile.find('CRMID', '7'))).toEqual([row._id]);
    await profile.ingest('web', event('b', NOW_MS + 1, who({ CRMID: '8', ECID: ecid(600) })));
    expect(eventIds(await profile.find('CRMID', '7'))).toEqual([]);
    expect(eventIds(await profile.find('CRMID', '8'))).toContain(row._id);
    const wrong = event('a', NOW_MS, { customer: { id: 7 } });
    expect((await profile.ingest('plain', wrong)).results[0]).toMatchObject({
      code: 'INVALID_IDENTITY',
      path: 'customer',
    });
  });

  test('P-2 an item that does not meet the schema is refused with the path of the fault', async () => {
    const properties = {
      order: { type: 'object', properties: { total: { type: 'number', minimum: 0 } }, required: ['total'] },
      items: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
    };
    await put({ id: 'shop', kind: 'EVENTS', schema: { type: 'object', properties, required: ['order'] } });
    const items = [
      { order: { total: 1 } },
      {},
      { order: {} },
      { order: { total: -1 } },
      { order: { total: 1 }, items: [{ sku: 1 }] },
    ];
    const events = items.map((item) => event('a', NOW_MS, { ...who({ CRMID: 'shop' }), ...item }));
    const { results } = await profile.ingest('shop', ...events);
    expect(results.map(({ code, path }: Answer) => [code, path])).toEqual([
      [null, null],
      ['SCHEMA', 'order'],
      ['SCHEMA', 'order.total'],
      ['SCHEMA', 'order.total'],
      ['SCHEMA', 'items[0].sku'],
    ]);
  });

  test.each([
    [{ type: 'nonsense' }],
    [{ $ref: 'https://elsewhere.test/schema.json' }],
    [{ properties: { a: { pattern: '(' } } }],
  ])('P-2 the bad schema %j is BAD_USER_INPUT', async (schema) => {
    await expect(put({ id: 'bad', kind: 'EVENTS', schema })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { path: 'schema' },
    });
  });

  test('P-2 data of a dataset that is not enabled shows nowhere, and makes nobody', async () => {
    await put({ id: 'quiet', kind: 'EVENTS', profileEnabled: false });
    const payload = await profile.ingest('quiet', event('a', NOW_MS, who({ CRMID: 'quiet' })));
    expect(payload).toMatchObject({ accepted: 1, results: [{ profile: null }] });
    expect(await profile.find('CRMID', 'quiet')).toBeNull();
  });

  test('P-2 a dataset that is switched off disappears from profiles at once, and comes back', async () => {
    await put({ id: 'switched', kind: 'EVENTS' });
    await put({ id: 'facts', kind: 'RECORDS' });
    await profile.ingest('switched', event('a', NOW_MS, who({ CRMID: 'switched' })));
    await profile.ingest('facts', { ...who({ CRMID: 'switched' }), colour: 'red' });
    const seen = async () => {
      const { attributes, events } = await profile.find('CRMID', 'switched');
      return [attributes, events.edges.length];
    };
    expect(await seen()).toEqual([{ colour: 'red' }, 1]);
    await put({ id: 'switched', kind: 'EVENTS', profileEnabled: false });
    await put({ id: 'facts', kind: 'RECORDS', profileEnabled: false });
    expect(await seen()).toEqual([{}, 0]);
    await profile.subgraph.idle();
    expect(await profile.find('CRMID', 'switched')).toBeNull();
    await profile.ingest('switched', event('b', NOW_MS, who({ CRMID: 'switched' })));
    await put({ id: 'switched', kind: 'EVENTS' });
    await put({ id: 'facts', kind: 'RECORDS' });
    await profile.subgraph.idle();
    expect(await seen()).toEqual([{ colour: 'red' }, 2]);
  });

  test('P-2 an unknown dataset is NOT_FOUND, one of another kind BAD_USER_INPUT', async () => {
    const ingest = (dataset: string) =>
      profile.get('mutation ($d: ID!) { ingestEvents(dataset: $d, events: []) { accepted } }', { d: dataset });
    await expect(ingest('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(ingest('crm')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('P-2 a put with an expected version that is not the current one is a CONFLICT', async () => {
    await expect(put({ id: 'web', kind: 'EVENTS', expectedVersion: 7 })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('P-3 failed items', () => {
  const failed = async (code?: string) =>
    (
      await profile.get(
        'query ($c: String) { failedItems(dataset: "orders", code: $c) { edges { node { id code path body } } } }',
        {
          c: code,
        },
      )
    ).failedItems.edges.map(({ node }: Answer) => node);
  const replay = async (...items: object[]) =>
    (
      await profile.get(
        'mutation ($items: [FailedItemReplayInput!]!) { replayFailedItems(items: $items) { accepted duplicates rejected results { status code } } }',
        { items },
      )
    ).replayFailedItems;

  test('P-3 they are kept with their reason, listed, mended and replayed', async () => {
    await put({ id: 'orders', kind: 'EVENTS' });
    const good = event('a', NOW_MS, who({ CRMID: 'mended' }));
    await profile.ingest('orders', { ...good, timestamp: 'soon' }, { ...good, _id: 'other', identityMap: {} });
    const [first, second] = await failed();
    expect([first.code, second.code]).toEqual(['INVALID_TIMESTAMP', 'NO_IDENTITY']);
    expect(first.body.timestamp).toBe('soon');
    expect(await failed('NO_IDENTITY')).toHaveLength(1);

    expect(await replay({ id: first.id, body: good }, { id: second.id })).toMatchObject({ accepted: 1, rejected: 1 });

    expect(eventIds(await profile.find('CRMID', 'mended'))).toEqual([good._id]);
    expect((await failed()).map(({ code }: Answer) => code)).toEqual(['NO_IDENTITY']);
    await expect(replay({ id: first.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
