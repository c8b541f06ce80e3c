import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { type Answer, findPerson, ingest, putDefinition, segmentsOf, sendRows } from '../support/people';
import { arrivals, type HistoryItem, IDENTITIES, ofRun, valueOfRun } from '../support/random-history';
import { event, identityMap, publish } from '../support/shop';

const LONG = process.env.ATTUNE_TEST_LONG === '1';
const TIMEOUT_MS = LONG ? 3_600_000 : 120_000;

const SEGMENTS = {
  golden: 'tier = "gold"',
  buyers: 'xEvent[eventType = "bought"].count() >= 2',
  'seen-then-bought': 'chain(xEvent, timestamp, [A: WHAT(eventType = "seen"), B: WHAT(eventType = "bought")])',
  scored: 'computedAttributes.sum > 7',
  lately: 'xEvent[timestamp occurs <= 20 days before now].count() >= 3',
} as const;

describeEveryMode('Whatever the way in', (attune) => {
  // In five processes over MongoDB every question costs many round trips.
  const runs = LONG ? (attune.mode === 'five processes' ? 200 : 2000) : attune.mode === 'embedded' ? 12 : 2;
  let run = 10_000;
  const nextRuns = (): readonly [number, number] => {
    run += 2;
    return [run - 2, run - 1];
  };

  test('segments and computed attributes are there', async () => {
    await putDefinition(attune, 'ComputedAttribute', { id: 'sum', function: 'SUM', value: 'n' });
    for (const [id, rule] of Object.entries(SEGMENTS)) await publish(attune, id, rule);
  });

  describe('P-6 a batch', () => {
    let batch = '';

    test('P-6 takes a gzipped stream, answers a line an item, and shows nothing of it yet', async () => {
      await ingest(attune, 'web', [
        event('seen', attune.now() - 3, { identityMap: identityMap('CRMID', 'B-1'), n: 1 }),
      ]);
      batch = await start(attune, 'web');
      const both = { ...identityMap('CRMID', 'B-1'), ...identityMap('Email', 'b1@example.test') };
      const lines = [
        event('bought', attune.now() - 2, { identityMap: both, n: 5 }),
        event('bought', attune.now() - 1, { identityMap: both, n: 5 }),
        { eventType: 'nameless' },
        event('seen', attune.now(), { identityMap: identityMap('CRMID', 'B-2'), n: 1 }),
      ];
      const body = gzipSync(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"cut`);
      const answers = await sendRows(attune, `web?batch=${batch}`, body, { 'content-encoding': 'gzip' });
      expect(answers.map(({ row, status, code }) => [row, status, code ?? null])).toEqual([
        [1, 'ACCEPTED', null],
        [2, 'ACCEPTED', null],
        [3, 'REJECTED', 'INVALID_ID'],
        [4, 'ACCEPTED', null],
        [5, 'REJECTED', 'MALFORMED'],
      ]);
      await attune.idle();
      expect(await known(attune, 'B-1')).toEqual({ names: 'B-1', events: 1, sum: 1, segments: [] });
      expect(await findPerson(attune, 'Email', 'b1@example.test')).toBeNull();
      expect(await findPerson(attune, 'CRMID', 'B-2')).toBeNull();
      expect(await status(attune, batch)).toEqual({ status: 'OPEN', accepted: 3, duplicates: 0, rejected: 2 });
    });

    test('P-6 is seen whole when it is complete, segments included', async () => {
      await turn(attune, 'completeBatch', batch);
      const segments = ['buyers', 'lately', 'scored', 'seen-then-bought'];
      expect(await known(attune, 'B-1')).toMatchObject({ events: 3, sum: 11, segments });
      expect((await findPerson(attune, 'Email', 'b1@example.test')).events.edges).toHaveLength(3);
      expect(await findPerson(attune, 'CRMID', 'B-2')).not.toBeNull();
      expect(await status(attune, batch)).toMatchObject({ status: 'COMPLETED', accepted: 3, rejected: 2 });
    });

    test('P-6 is gone when it is reverted, and the exits are announced', async () => {
      await turn(attune, 'revertBatch', batch);
      expect(await known(attune, 'B-1')).toEqual({ names: 'B-1', events: 1, sum: 1, segments: [] });
      expect(await findPerson(attune, 'Email', 'b1@example.test')).toBeNull();
      expect(await findPerson(attune, 'CRMID', 'B-2')).toBeNull();
      const { id } = await findPerson(attune, 'CRMID', 'B-1');
      await attune.idle();
      const announced = await qualificationsOf(attune, id);
      expect(announced.toSorted()).toEqual(
        ['buyers', 'lately', 'scored', 'seen-then-bought'].flatMap((segment) => [
          `${segment} EXITED IMPORT`,
          expect.stringMatching(`^${segment} REALIZED`),
        ]),
      );
    });

    test('P-6 that contradicts itself is a CONFLICT, one that is not there NOT_FOUND', async () => {
      const open = await start(attune, 'crm');
      const code = async (mutation: string): Promise<unknown> =>
        (await attune.ask(mutation, {}, KEYS.server)).errors?.[0]?.extensions?.code;
      expect(await code(`mutation { revertBatch(id: "${open}") { id } }`)).toBe('CONFLICT');
      expect(await code(`mutation { completeBatch(id: "${batch}") { id } }`)).toBe('CONFLICT');
      expect(await code(`mutation { revertBatch(id: "${batch}") { id } }`)).toBe('CONFLICT');
      expect(await code(`mutation { ingestEvents(dataset: "web", events: [], batch: "${open}") { accepted } }`)).toBe(
        'CONFLICT',
      );
      expect(await code('mutation { completeBatch(id: "nothing") { id } }')).toBe('NOT_FOUND');
      expect(await code('mutation { startBatch(dataset: "nowhere") { id } }')).toBe('NOT_FOUND');
      const [refused] = await sendRows(attune, `web?batch=${batch}`, '{}\n');
      expect(refused.errors[0].extensions.code).toBe('CONFLICT');
      expect(await status(attune, open)).toMatchObject({ status: 'OPEN' });
    });
  });

  test('P-6 faulty rows of CSV, and a line of NDJSON that is cut off, are refused alone by row; what was right is kept', async () => {
    await putDefinition(attune, 'Dataset', {
      ...{ id: 'faulty', kind: 'RECORDS' },
      identities: [{ path: 'customer', namespace: 'CRMID', primary: true }],
    });
    const rows = ['\ufeffcustomer,name', 'X-1,Ann', 'X-2', 'X-3,"open', 'X-4,Zo\u00eb', 'X-5,a,b', 'X-6,Bob', ''].join(
      '\n',
    );
    const csv = { 'content-type': 'text/csv' };
    const answered = (lines: readonly Answer[]) => lines.map(({ row, status, code }) => [row, status, code ?? null]);
    const faulty = [
      [3, 'REJECTED', 'MALFORMED'],
      [4, 'REJECTED', 'MALFORMED'],
    ];
    const rest = [
      [6, 'REJECTED', 'MALFORMED'],
      [7, 'ACCEPTED', null],
    ];
    expect(answered(await sendRows(attune, 'faulty', rows, csv))).toEqual([
      [2, 'ACCEPTED', null],
      ...faulty,
      [5, 'ACCEPTED', null],
      ...rest,
    ]);
    expect((await findPerson(attune, 'CRMID', 'X-4')).attributes).toMatchObject({ name: 'Zo\u00eb' });
    // The mark of UTF-8 is not part of the first column's name, and is none in Latin-1.
    const latin = Buffer.from(rows.slice(1), 'latin1');
    expect(answered(await sendRows(attune, 'faulty', latin, csv))).toEqual([
      [2, 'ACCEPTED', null],
      ...faulty,
      [5, 'REJECTED', 'MALFORMED'],
      ...rest,
    ]);
    const line = JSON.stringify({ ...{ customer: 'X-7' }, name: 'Cut' });
    expect(answered(await sendRows(attune, 'faulty', `${line}\n${line.slice(0, -9)}`))).toEqual([
      [1, 'ACCEPTED', null],
      [2, 'REJECTED', 'MALFORMED'],
    ]);
    expect((await findPerson(attune, 'CRMID', 'X-7')).attributes).toMatchObject({ name: 'Cut' });
  });

  test('P-3 failed items are listed by dataset and reason, mended, replayed and then no longer kept', async () => {
    await putDefinition(attune, 'Dataset', {
      id: 'orders',
      kind: 'EVENTS',
      schema: { required: ['total'], properties: { total: { type: 'number' } } },
    });
    const who = { identityMap: identityMap('CRMID', 'F-1') };
    const order = (id: string, more: object) => ({ ...event('order', attune.now(), { ...who, ...more }), _id: id });
    const results = (
      await ingest(attune, 'orders', [
        order('o-1', { total: 'ten' }),
        order('o-2', { total: 1, identityMap: {} }),
        order('o-3', { total: 3 }),
      ])
    ).results;
    expect(results.map(({ status: each }: Answer) => each)).toEqual(['REJECTED', 'REJECTED', 'ACCEPTED']);
    const failed = async (code?: string) => {
      const query =
        'query ($code: String) { failedItems(dataset: "orders", code: $code) { edges { node { id itemId code path body } } } }';
      return (await attune.data(query, { code }, KEYS.server)).failedItems.edges.map(({ node }: Answer) => node);
    };
    expect((await failed()).map(({ itemId, code, path }: Answer) => [itemId, code, path])).toEqual([
      ['o-1', 'SCHEMA', 'total'],
      ['o-2', 'NO_IDENTITY', 'identityMap'],
    ]);
    const [[schema], [nobody]] = [await failed('SCHEMA'), await failed('NO_IDENTITY')];
    const replay =
      'mutation ($items: [FailedItemReplayInput!]!) { replayFailedItems(items: $items) { results { id status code profile { id } } } }';
    const items = [{ id: schema.id, body: { ...schema.body, total: 10 } }, { id: nobody.id }];
    const { replayFailedItems } = await attune.data(replay, { items }, KEYS.server);
    expect(replayFailedItems.results).toEqual([
      { id: 'o-1', status: 'ACCEPTED', code: null, profile: { id: expect.any(String) } },
      { id: 'o-2', status: 'REJECTED', code: 'NO_IDENTITY', profile: null },
    ]);
    expect(await known(attune, 'F-1')).toMatchObject({ events: 2 });
    expect((await failed()).map(({ itemId }: Answer) => itemId)).toEqual(['o-2']);
  });

  test(
    'P-5 in any order and some of it twice, the same items give the same profiles, graphs and memberships',
    async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, fc.boolean(), async ({ history, order, batchSize }, settled) => {
          const [straight, shuffled] = nextRuns();
          await send(attune, ofRun(straight, history), history.length);
          const arrived = order.flatMap((index) => history[index] ?? []);
          await send(attune, ofRun(shuffled, arrived), batchSize);
          if (settled) await attune.idle();
          expect(await stateOf(attune, shuffled)).toEqual(await stateOf(attune, straight));
        }),
        { numRuns: runs },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'P-6 after a revert profiles, graphs and memberships are as if the batch had never come',
    async () => {
      const ways = fc.array(fc.constantFrom('direct', 'batch', 'both'), { minLength: 14, maxLength: 14 });
      await fc.assert(
        fc.asyncProperty(arrivals, ways, fc.boolean(), async ({ history, batchSize }, wayOf, settled) => {
          const [reverted, never] = nextRuns();
          const direct = history.filter((_, index) => wayOf[index] !== 'batch');
          const half = Math.floor(direct.length / 2);
          await send(attune, ofRun(reverted, direct.slice(0, half)), batchSize);
          const batches = await bringBatches(
            attune,
            ofRun(
              reverted,
              history.filter((_, index) => wayOf[index] !== 'direct'),
            ),
          );
          if (settled) await attune.idle();
          await send(attune, ofRun(reverted, direct.slice(half)), batchSize);
          for (const id of batches) await turn(attune, 'revertBatch', id);
          await send(attune, ofRun(never, direct), history.length);
          if (settled) await attune.idle();
          expect(await stateOf(attune, reverted)).toEqual(await stateOf(attune, never));
        }),
        { numRuns: runs },
      );
    },
    TIMEOUT_MS,
  );
});

/** Sends items in the order given, so many at a time. */
async function send(attune: AttuneUnderTest, items: readonly HistoryItem[], batchSize: number): Promise<void> {
  const mutation = `mutation ($events: [JSONObject!]!, $records: [JSONObject!]!) {
    ingestEvents(dataset: "web", events: $events) { rejected }
    ingestRecords(dataset: "crm", records: $records) { rejected }
  }`;
  for (let from = 0; from < items.length; from += batchSize) {
    const part = items.slice(from, from + batchSize);
    const answer = await attune.data(
      mutation,
      { events: bodiesOf(part, 'web'), records: bodiesOf(part, 'crm') },
      KEYS.server,
    );
    expect(answer).toEqual({ ingestEvents: { rejected: 0 }, ingestRecords: { rejected: 0 } });
  }
}

function bodiesOf(items: readonly HistoryItem[], dataset: HistoryItem['dataset']): readonly object[] {
  return items.filter((item) => item.dataset === dataset).map(({ body }) => body);
}

/** Puts events into one batch and records into another, and completes both. */
async function bringBatches(attune: AttuneUnderTest, items: readonly HistoryItem[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const dataset of ['web', 'crm'] as const) {
    const id = await start(attune, dataset);
    const body = bodiesOf(items, dataset)
      .map((each) => `${JSON.stringify(each)}\n`)
      .join('');
    await sendRows(attune, `${dataset}?batch=${id}`, body);
    await turn(attune, 'completeBatch', id);
    ids.push(id);
  }
  return ids;
}

/** Everybody of a run, as the identities that random histories are about show them; names without the run's number. */
async function stateOf(attune: AttuneUnderTest, run: number): Promise<unknown> {
  const query = `query ($identities: [IdentityInput!]!) { profiles(identities: $identities) {
    id attributes computedAttributes isAnonymous identities { namespace value authenticatedState firstSeen lastSeen }
    identityLinks { from { value } to { value } dataset item at } events(first: 100) { edges { node { id timestamp } } }
    segments { segment { id } validUntil } } }`;
  const identities = IDENTITIES.map(([namespace, value]) => ({ namespace, value: valueOfRun(run, value) }));
  const { profiles } = await attune.data(query, { identities }, KEYS.server);
  return profiles.map(
    (one: Answer) =>
      one && {
        same: profiles.findIndex((other: Answer) => other?.id === one.id),
        ...{ attributes: one.attributes, computed: one.computedAttributes, anonymous: one.isAnonymous },
        identities: sorted(
          one.identities.filter(({ namespace }: Answer) => namespace !== 'Email_LC_SHA256'),
          run,
        ),
        links: sorted(
          one.identityLinks
            .filter((link: Answer) => IDENTITIES.some(([, value]) => link.to.value.endsWith(value)))
            .map(({ from, to, ...source }: Answer) => [[from.value, to.value].toSorted(), source]),
          run,
        ),
        events: one.events.edges.map(({ node }: Answer) => plain(node, run)),
        segments: sorted(one.segments, run),
      },
  );
}

function sorted(all: readonly unknown[], run: number): readonly string[] {
  return all.map((each) => plain(each, run)).toSorted();
}

function plain(value: unknown, run: number): string {
  return JSON.stringify(value).replaceAll(`"${run}`, '"');
}

async function known(attune: AttuneUnderTest, crmid: string): Promise<object> {
  const one = await findPerson(attune, 'CRMID', crmid);
  const names = one.identities
    .filter(({ namespace }: Answer) => namespace !== 'Email_LC_SHA256')
    .map(({ value }: Answer) => value)
    .join();
  return {
    names,
    events: one.events.edges.length,
    sum: one.computedAttributes.sum,
    segments: segmentsOf({ profile: one }),
  };
}

async function start(attune: AttuneUnderTest, dataset: string): Promise<string> {
  return (await attune.data('mutation ($d: ID!) { startBatch(dataset: $d) { id } }', { d: dataset }, KEYS.server))
    .startBatch.id;
}

async function turn(attune: AttuneUnderTest, verb: 'completeBatch' | 'revertBatch', id: string): Promise<void> {
  await attune.data(`mutation ($id: ID!) { ${verb}(id: $id) { status } }`, { id }, KEYS.server);
}

async function status(attune: AttuneUnderTest, id: string): Promise<object> {
  return (
    await attune.data(
      'query ($id: ID!) { batch(id: $id) { status accepted duplicates rejected } }',
      { id },
      KEYS.server,
    )
  ).batch;
}

/** What was announced of a profile: segment, status and cause. */
async function qualificationsOf(attune: AttuneUnderTest, profileId: string): Promise<readonly string[]> {
  const query =
    '{ segmentQualifications(first: 1000) { edges { node { profileId segmentId status cause { kind } } } } }';
  const { segmentQualifications } = await attune.data(query, {}, KEYS.server);
  return segmentQualifications.edges.flatMap(({ node }: Answer) =>
    node.profileId === profileId ? [`${node.segmentId} ${node.status} ${node.cause.kind}`] : [],
  );
}
