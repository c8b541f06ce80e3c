import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HistoryItem } from '../../support/random-history';
import { type IngestServer, serveIngest } from './ingest-server';
import { type Answer, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
let server: IngestServer;
beforeAll(async () => {
  profile = await openProfile();
  server = await serveIngest(profile);
});
afterAll(async () => {
  await server.close();
  await profile.close();
});

const BATCH = '{ id dataset status accepted duplicates rejected }';
const start = async (dataset: string, sandbox = 'default'): Promise<string> =>
  (await profile.get('mutation ($d: ID!) { startBatch(dataset: $d) { id } }', { d: dataset }, { sandbox })).startBatch
    .id;
const complete = async (id: string, sandbox = 'default'): Promise<Answer> =>
  (await profile.get(`mutation ($i: ID!) { completeBatch(id: $i) ${BATCH} }`, { i: id }, { sandbox })).completeBatch;
const revert = async (id: string, sandbox = 'default'): Promise<Answer> =>
  (await profile.get(`mutation ($i: ID!) { revertBatch(id: $i) ${BATCH} }`, { i: id }, { sandbox })).revertBatch;
const put = async (batch: string, items: readonly HistoryItem[], sandbox = 'default'): Promise<Answer> => {
  const events = items.filter(({ dataset }) => dataset === 'web').map(({ body }) => body);
  return (
    await profile.get(
      'mutation ($b: ID!, $e: [JSONObject!]!) { ingestEvents(dataset: "web", events: $e, batch: $b) { accepted duplicates rejected } }',
      { b: batch, e: events },
      { sandbox },
    )
  ).ingestEvents;
};

describe('P-6 a batch', () => {
  test('P-6 is seen by nobody while it is open, at once when it is complete, and not when it was reverted', async () => {
    const id = await start('web');
    const lines = [
      event('a', NOW_MS, who({ CRMID: 'b1' })),
      event('a', NOW_MS, who({ CRMID: 'b2' })),
      { eventType: 'nameless' },
      event('login', NOW_MS + 1, who({ CRMID: 'b1', Email: 'b1@example.test' })),
    ];
    const { lines: answers } = await server.send(
      `web?batch=${id}`,
      lines.map((line) => JSON.stringify(line)).join('\n'),
    );
    expect(answers.map(({ status }) => status)).toEqual(['ACCEPTED', 'ACCEPTED', 'REJECTED', 'ACCEPTED']);
    expect(await profile.find('CRMID', 'b1')).toBeNull();
    expect(await profile.find('Email', 'b1@example.test')).toBeNull();
    const { batch } = await profile.get(`query ($i: ID!) { batch(id: $i) ${BATCH} }`, { i: id });
    expect(batch).toEqual({ id, dataset: 'web', status: 'OPEN', accepted: 3, duplicates: 0, rejected: 1 });

    expect(await complete(id)).toMatchObject({ status: 'COMPLETED', accepted: 3, rejected: 1 });
    expect(eventIds(await profile.find('Email', 'b1@example.test'))).toHaveLength(2);
    expect(eventIds(await profile.find('CRMID', 'b2'))).toHaveLength(1);

    expect(await revert(id)).toMatchObject({ status: 'REVERTED' });
    for (const [namespace, value] of [
      ['CRMID', 'b1'],
      ['CRMID', 'b2'],
      ['Email', 'b1@example.test'],
    ] as const) {
      expect(await profile.find(namespace, value)).toBeNull();
    }
    for (const changes of (await profile.changes()).values()) {
      expect(changes.at(-1)).toMatchObject({ endedIn: null, cause: { kind: 'IMPORT', reference: id } });
    }
    expect((await profile.ingest('web', lines[0] as object)).accepted).toBe(1);
  });

  test('P-6 attributes, links and computed attributes are what they would be without it', async () => {
    await profile.get('mutation { putComputedAttribute(input: { id: "seen", function: COUNT }) { id } }');
    await profile.ingest('crm', { ...who({ CRMID: 'mix' }), timestamp: '2026-01-01', tier: 'silver' });
    await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'mix' })));
    const before = await profile.find('CRMID', 'mix', 'attributes computedAttributes identities { value lastSeen }');
    const records = await start('crm');
    const row = {
      ...who({ CRMID: 'mix', Email: 'mix@example.test' }),
      timestamp: '2026-01-02',
      tier: 'gold',
      city: 'Bern',
    };
    await server.send(`crm?batch=${records}`, JSON.stringify(row));
    const events = await start('web');
    await put(events, [{ dataset: 'web', body: event('b', NOW_MS + 5, who({ CRMID: 'mix' })) }]);
    await complete(records);
    await complete(events);
    expect(await profile.find('CRMID', 'mix', 'attributes computedAttributes')).toEqual({
      attributes: { tier: 'gold', city: 'Bern' },
      computedAttributes: { seen: 2 },
    });
    await revert(records);
    await revert(events);
    expect(await profile.find('CRMID', 'mix', 'attributes computedAttributes identities { value lastSeen }')).toEqual(
      before,
    );
    await profile.get('mutation { deleteComputedAttribute(id: "seen") { id } }');
  });

  test('P-3 P-6 an item that is put into it twice is in it once', async () => {
    const id = await start('web');
    const body = event('twice', NOW_MS, who({ CRMID: 'twice' }));
    const item: HistoryItem = { dataset: 'web', body };
    expect(await put(id, [item, item])).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await put(id, [item])).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await complete(id)).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(eventIds(await profile.find('CRMID', 'twice'))).toEqual([body._id]);
  });

  test('P-6 an item that also came another way stays', async () => {
    const [direct, twice] = [event('a', NOW_MS, who({ CRMID: 'stay' })), event('b', NOW_MS, who({ CRMID: 'stay' }))];
    const only = event('c', NOW_MS, who({ CRMID: 'stay' }));
    const [first, second] = [await start('web'), await start('web')];
    const items = [direct, twice, only].map((body): HistoryItem => ({ dataset: 'web', body }));
    expect(await put(first, items)).toMatchObject({ accepted: 3 });
    expect(await put(first, items)).toMatchObject({ duplicates: 3 });
    await complete(first);
    expect(await profile.ingest('web', direct)).toMatchObject({ duplicates: 1 });
    expect(await put(second, items.slice(1, 2))).toMatchObject({ duplicates: 1 });
    await complete(second);
    await revert(first);
    expect(eventIds(await profile.find('CRMID', 'stay')).toSorted()).toEqual([direct._id, twice._id].toSorted());
    await revert(second);
    expect(eventIds(await profile.find('CRMID', 'stay'))).toEqual([direct._id]);
  });

  test('P-3 P-6 a failed item goes into its batch when it is replayed, and is refused once that takes no more', async () => {
    const id = await start('web');
    const [first, second] = [1, 2].map((n) => ({ eventType: `nameless ${n}`, ...who({ CRMID: 'mended' }) }));
    const sent = [first, second].map((body): HistoryItem => ({ dataset: 'web', body: { ...body } }));
    expect(await put(id, sent)).toMatchObject({ rejected: 2 });
    const failedOf = async (): Promise<readonly Answer[]> =>
      (await profile.get('{ failedItems(first: 1000) { edges { node { id batch body } } } }')).failedItems.edges
        .map(({ node }: Answer) => node)
        .filter(({ batch }: Answer) => batch === id);
    const replay = async (number: number, body: object): Promise<Answer> => {
      const found = (await failedOf()).find(({ body: kept }) => kept.eventType === `nameless ${number}`);
      const answer = await profile.get(
        'mutation ($items: [FailedItemReplayInput!]!) { replayFailedItems(items: $items) { results { id status code } } }',
        { items: [{ id: found.id, body }] },
      );
      return answer.replayFailedItems.results[0];
    };
    const mended = event('mended', NOW_MS, who({ CRMID: 'mended' }));
    expect(await replay(1, {})).toMatchObject({ status: 'REJECTED', code: 'INVALID_ID' });
    expect(await failedOf()).toHaveLength(2);
    const again = (await failedOf()).find(({ body }) => body.eventType === undefined);
    await profile.get(
      'mutation ($items: [FailedItemReplayInput!]!) { replayFailedItems(items: $items) { accepted } }',
      {
        items: [{ id: again.id, body: mended }],
      },
    );
    expect(await profile.find('CRMID', 'mended')).toBeNull();
    expect(await complete(id)).toMatchObject({ accepted: 1, rejected: 1 });
    expect(eventIds(await profile.find('CRMID', 'mended'))).toEqual([mended._id]);

    const late = event('late', NOW_MS, who({ CRMID: 'mended' }));
    expect(await replay(2, late)).toEqual({ id: late._id, status: 'REJECTED', code: 'BATCH_NOT_OPEN' });
    expect((await failedOf()).map(({ body }) => body.eventType)).toEqual(['nameless 2']);
    await revert(id);
    expect(await replay(2, late)).toMatchObject({ code: 'BATCH_NOT_OPEN' });
    expect(await profile.find('CRMID', 'mended')).toBeNull();
  });

  test('P-6 contradictions are a CONFLICT, an unknown batch NOT_FOUND', async () => {
    const id = await start('web');
    await expect(revert(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await complete(id);
    await expect(complete(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(put(id, [])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(complete('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(start('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const other = await start('crm');
    expect(await server.send(`web?batch=${other}`, '{}')).toMatchObject({ lines: [{ code: 'CONFLICT' }] });
    expect(await server.send('web?batch=nothing', '{}')).toMatchObject({ lines: [{ code: 'NOT_FOUND' }] });
  });

  test('P-6 a batch of more than one commit is brought in and taken back whole', async () => {
    const id = await start('web');
    const lines = Array.from({ length: 10_500 }, (_, index) =>
      JSON.stringify(event('bulk', NOW_MS + index, who({ CRMID: `bulk-${index % 700}` }))),
    );
    await server.send(`web?batch=${id}`, lines.join('\n'));
    expect(await complete(id)).toMatchObject({ accepted: 10_500 });
    await profile.subgraph.idle();
    expect(eventIds(await profile.find('CRMID', 'bulk-699'))).toHaveLength(15);
    await revert(id);
    await profile.subgraph.idle();
    expect(await profile.find('CRMID', 'bulk-699')).toBeNull();
    const { batch } = await profile.get('query ($i: ID!) { batch(id: $i) { status } }', { i: id });
    expect(batch.status).toBe('REVERTED');
  });
});
