import { expect, test } from '@jest/globals';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { type Answer, ingest, putDefinition } from '../support/people';
import { event, identityMap } from '../support/shop';

const DAY_MS = 86_400_000;

describeEveryMode('A profile', (attune) => {
  test('P-2 an item that does not fit the schema of its dataset is rejected with the path of the fault', async () => {
    await putDataset(attune, {
      id: 'receipts',
      kind: 'EVENTS',
      schema: { type: 'object', properties: { total: { type: 'number', minimum: 0 } }, required: ['total'] },
      identities: [{ path: 'customer', namespace: 'CRMID', primary: true }],
    });
    const { results } = await ingest(attune, 'receipts', [
      event('commerce.purchases', attune.now(), { customer: 'P2', total: 12.5 }),
      event('commerce.purchases', attune.now(), { customer: 'P2', total: -1 }),
      event('commerce.purchases', attune.now(), { customer: 'P2' }),
    ]);
    expect(results.map(({ status, path }: Answer) => [status, path])).toEqual([
      ['ACCEPTED', null],
      ['REJECTED', 'total'],
      ['REJECTED', expect.stringMatching(/^total$|^$/)],
    ]);
    expect(await eventsOf(attune, 'P2')).toHaveLength(1);
    const { errors } = await attune.ask('mutation ($input: DatasetInput!) { putDataset(input: $input) { id } }', {
      input: { id: 'broken', kind: 'EVENTS', schema: { type: 'no such type' } },
    });
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });

  test('P-2 data of a dataset that is not enabled for profile never shows', async () => {
    await putDataset(attune, { id: 'aside', kind: 'EVENTS', profileEnabled: false });
    const who = { identityMap: identityMap('CRMID', 'P2b') };
    await ingest(attune, 'web', [event('web.pageView', attune.now(), who)]);
    const { results } = await ingest(attune, 'aside', [event('secret.event', attune.now(), who)]);
    expect(results.map(({ status }: Answer) => status)).toEqual(['ACCEPTED']);
    expect((await eventsOf(attune, 'P2b')).map(({ eventType }) => eventType)).toEqual(['web.pageView']);
  });

  test('P-4 a breach names its limit', async () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ id: `P4-${index}` }));
    const { results } = await ingest(attune, 'web', [
      event('a', attune.now(), { identityMap: identityMap('CRMID', 'x'.repeat(1_025)) }),
      event('a', attune.now(), { identityMap: { Email: many } }),
      event('a', attune.now(), { identityMap: identityMap('CRMID', 'P4'), padding: 'x'.repeat(10_240) }),
      event('a', attune.now(), { identityMap: identityMap('ECID', '12345') }),
    ]);
    for (const { status, message } of results) {
      expect(status).toBe('REJECTED');
      expect(message).toMatch(/1,?024|20|10,?(240|000)|10 KB|38/);
    }
  });

  test('P-5 an old update that comes late changes nothing that is newer, and objects merge by field', async () => {
    const record = (timestamp: number, fields: object) => ({
      ...{ identityMap: identityMap('CRMID', 'P5'), timestamp: new Date(timestamp).toISOString() },
      ...fields,
    });
    const now = attune.now();
    await ingestRecords(attune, [record(now - DAY_MS, { loyalty: { tier: 'gold' }, colours: ['red'] })]);
    await ingestRecords(attune, [
      record(now - 2 * DAY_MS, { loyalty: { tier: 'silver', points: 5 }, colours: ['blue', 'red'] }),
    ]);
    const query =
      '{ profile(identity: { namespace: "CRMID", value: "P5" }) { attributes loyalty: attributes(paths: ["loyalty.tier"]) } }';
    const { profile } = await attune.data(query, {}, KEYS.server);
    expect(profile).toEqual({
      attributes: { loyalty: { tier: 'gold', points: 5 }, colours: ['red'] },
      loyalty: { loyalty: { tier: 'gold' } },
    });
  });

  test('P-13 several merge policies show the same person each in its own way, changed with no re-ingest', async () => {
    await putDataset(attune, { id: 'shop', kind: 'RECORDS' });
    const both = { ...identityMap('CRMID', 'P13'), ...identityMap('Email', 'p13@example.test') };
    const record = (dataset: string, identities: object, day: number, fields: object) =>
      attune.data(
        'mutation ($d: ID!, $r: [JSONObject!]!) { ingestRecords(dataset: $d, records: $r) { accepted } }',
        { d: dataset, r: [{ identityMap: identities, timestamp: `2026-01-0${day}`, ...fields }] },
        KEYS.server,
      );
    await record('crm', both, 1, { tier: 'gold', from: 'crm' });
    await record('shop', identityMap('Email', 'p13@example.test'), 2, { tier: 'silver', shoe: 42 });
    const policy = (input: object) => putDefinition(attune, 'MergePolicy', input);
    const precedence = (...datasetPrecedence: string[]) => ({ attributes: 'DATASET_PRECEDENCE', datasetPrecedence });
    await policy({ id: 'ranked', ...precedence('crm', 'shop') });
    await policy({ id: 'alone', ...precedence('crm') });
    await policy({ id: 'apart', identityGraph: 'NONE' });
    const views = async () => {
      const asked = ['newest', 'ranked', 'alone', 'apart'].map(
        (id) =>
          `${id}: profile(identity: { namespace: "Email", value: "p13@example.test" }${id === 'newest' ? '' : `, mergePolicy: "${id}"`}) { attributes }`,
      );
      const data = await attune.data(`{ ${asked.join('\n')} }`, {}, KEYS.server);
      return Object.values(data as Record<string, { attributes: object }>).map(({ attributes }) => attributes);
    };
    const newest = { tier: 'silver', from: 'crm', shoe: 42 };
    const apart = { tier: 'silver', shoe: 42 };
    expect(await views()).toEqual([newest, { ...newest, tier: 'gold' }, { tier: 'gold', from: 'crm' }, apart]);
    await policy({ id: 'alone', ...precedence('shop') });
    expect((await views())[2]).toEqual(apart);
  });

  test('P-14 events are paged, the newest first, and filtered by type and time', async () => {
    const who = { identityMap: identityMap('CRMID', 'P14') };
    const now = attune.now();
    const sent = Array.from({ length: 7 }, (_, index) => event(index % 2 ? 'b' : 'a', now - index * 1_000, who));
    await ingest(attune, 'web', sent);
    const query = `query ($after: String, $types: [String!], $from: DateTime, $to: DateTime) {
      profile(identity: { namespace: "CRMID", value: "P14" }) {
        events(first: 3, after: $after, types: $types, from: $from, to: $to) {
          edges { node { id eventType } } pageInfo { hasNextPage endCursor }
        }
      }
    }`;
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { profile }: { profile: { events: Page } } = await attune.data(query, { after });
      seen.push(...profile.events.edges.map(({ node }) => node.id));
      after = profile.events.pageInfo.hasNextPage ? profile.events.pageInfo.endCursor : null;
      // What arrives while somebody pages does not move the pages.
      if (seen.length === 3) await ingest(attune, 'web', [event('c', now + 1_000, who)]);
    } while (after !== null);
    expect(seen).toEqual(sent.map(({ _id }) => expect.stringContaining(String(_id))));
    const { profile } = await attune.data(query, {
      types: ['b'],
      from: new Date(now - 3_000).toISOString(),
      to: new Date(now).toISOString(),
    });
    expect(profile.events.edges).toHaveLength(2);
  });

  test('P-16 a first-party id always gets the same ECID', async () => {
    const collect = async (input: object) =>
      (
        await attune.data(
          'mutation ($input: CollectInput!) { collect(input: $input) { ecid profile { id } } }',
          { input },
          KEYS.public,
        )
      ).collect;
    const input = { identityMap: identityMap('FPID', 'site-cookie-1') };
    const [first, second] = await Promise.all([collect(input), collect(input)]);
    expect(first.ecid).toMatch(/^\d{38}$/);
    expect(second).toEqual(first);
    expect(await collect({ identityMap: identityMap('ECID', first.ecid) })).toMatchObject({ profile: first.profile });
  });

  test('P-18 a denied collect refuses the event with that reason', async () => {
    const who = identityMap('CRMID', 'P18');
    await ingest(attune, 'web', [event('web.pageView', attune.now(), { identityMap: who })]);
    await attune.data(
      'mutation { setConsent(identity: { namespace: "CRMID", value: "P18" }, purpose: "collect", status: DENIED) { id } }',
      {},
      KEYS.server,
    );
    const {
      results: [result],
    } = await ingest(attune, 'web', [event('web.pageView', attune.now(), { identityMap: who })]);
    expect(result).toMatchObject({ status: 'REJECTED', code: 'CONSENT_DENIED' });
    expect(await eventsOf(attune, 'P18')).toHaveLength(1);
  });

  test('D-7 a collect that is sent again with its request id is answered the same and counted once', async () => {
    const input = {
      requestId: 'request-1',
      identityMap: identityMap('ECID', '6'.repeat(38)),
      events: [event('web.pageView', attune.now())],
    };
    const query = `mutation ($input: CollectInput!) {
      collect(input: $input) { results { status } profile { id } }
    }`;
    const first = await attune.data(query, { input }, KEYS.public);
    expect(await attune.data(query, { input }, KEYS.public)).toEqual(first);
    const { profile } = await attune.data(
      `{ profile(identity: { namespace: "ECID", value: "${'6'.repeat(38)}" }) { events { edges { node { id } } } } }`,
    );
    expect(profile.events.edges).toHaveLength(1);
  });
});

interface Page {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

async function putDataset(attune: AttuneUnderTest, input: object): Promise<void> {
  await attune.data('mutation ($input: DatasetInput!) { putDataset(input: $input) { id } }', { input });
}

async function ingestRecords(attune: AttuneUnderTest, records: readonly object[]): Promise<void> {
  const mutation = `mutation ($records: [JSONObject!]!) {
    ingestRecords(dataset: "crm", records: $records) { rejected }
  }`;
  expect((await attune.data(mutation, { records }, KEYS.server)).ingestRecords.rejected).toBe(0);
}

async function eventsOf(attune: AttuneUnderTest, crmid: string): Promise<readonly { eventType: string }[]> {
  const { profile } = await attune.data(
    'query ($identity: IdentityInput!) { profile(identity: $identity) { events { edges { node { eventType } } } } }',
    { identity: { namespace: 'CRMID', value: crmid } },
  );
  return profile.events.edges.map(({ node }: { node: { eventType: string } }) => node);
}
