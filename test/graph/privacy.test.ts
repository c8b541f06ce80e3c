import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { findKept, readKept } from '../support/kept-bytes';
import { ingest } from '../support/people';
import { openReceiver, type Receiver } from '../support/receiver';
import { event, identityMap, openShop } from '../support/shop';

const ECID = '7'.repeat(38);
const OTHER_ECID = '6'.repeat(38);
const EMAIL = 'zoe.gone@example.test';
const HASHED = createHash('sha256').update(EMAIL).digest('hex');
const UNSEEN = 'never.seen@example.test';
/** What only the deleted person has: identities, attributes, bodies and ids of events. */
const VALUES = [
  'GONE-1001',
  EMAIL,
  HASHED,
  ECID,
  'Zoë "Quote" Vänish',
  'gone-page-title',
  'gone-hidden-field',
  'gone-failed-field',
  'gone-batch-field',
  'gone-event-id',
  'gone-hidden-id',
  'gone-batch-id',
  'gone-request',
] as const;

const JOB = 'id kind status progress { done total } documentUrl reports { subgraph found removed detail }';
const PERSON =
  'id revision attributes computedAttributes isAnonymous identities { namespace value firstSeen lastSeen } ' +
  'identityLinks { item } events(first: 100) { edges { node { id data } } } consents { purpose status } ' +
  'segments { segment { id } status lastQualificationTime } activations { destination { id } segment { id } status }';

describeEveryMode('P-19 privacy', (attune) => {
  let receiver: Receiver;
  let gone = '';
  let stays: unknown;
  let bytes = new Map<string, string>();

  beforeAll(async () => {
    receiver = await openReceiver();
  });
  afterAll(() => receiver.close());

  test('people are there, in profile, segments and at a destination', async () => {
    await openShop(attune);
    await prepare(attune, receiver);
    await bring(attune, 'STAYS-1', 'stays@example.test', OTHER_ECID, 'stays');
    await bring(attune, 'GONE-1001', EMAIL, ECID, 'gone');
    await attune.idle();
    await receiver.arrived(2);
    await attune.idle();
    gone = (await find(attune, 'Email', EMAIL)).id;
    stays = await find(attune, 'CRMID', 'STAYS-1');
    expect(stays).toMatchObject({ activations: [{ segment: { id: 'gold' } }] });
  });

  test('P-18 P-19 who opts out of personalize gets the fallback with the defaults of tokens', async () => {
    const decide = async (): Promise<Answer> => {
      const { profile } = await attune.data(
        '{ profile(identity: { namespace: "CRMID", value: "GONE-1001" }) { decisions(placements: [{ placement: "home-hero" }]) { offer { id } content reason } } }',
      );
      return profile.decisions[0];
    };
    expect(await decide()).toMatchObject({ offer: { id: 'O-GOLD' }, content: 'Hello gold' });
    const consent =
      'mutation ($s: ConsentStatus!) { setConsent(identity: { namespace: "CRMID", value: "GONE-1001" }, purpose: "personalize", status: $s) { id } }';
    await attune.data(consent, { s: 'DENIED' }, KEYS.server);
    expect(await decide()).toMatchObject({
      offer: { id: 'O-DEFAULT' },
      content: 'Hello guest',
      reason: 'CONSENT_DENIED',
    });
  });

  test('Q-5 only a privacy key asks for privacy jobs, and it has no other right', async () => {
    const mutation = `mutation { createPrivacyJob(identity: { namespace: "Email", value: "${EMAIL}" }, kind: DELETE) { id } }`;
    for (const key of [KEYS.public, KEYS.server, KEYS.admin]) {
      const { data, errors } = await attune.ask(mutation, {}, key);
      expect([data?.createPrivacyJob ?? null, errors?.[0]?.extensions?.code]).toEqual([null, 'FORBIDDEN']);
    }
    const { errors } = await attune.ask(
      '{ profile(identity: { namespace: "CRMID", value: "STAYS-1" }) { id } }',
      {},
      KEYS.privacy,
    );
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
    expect((await find(attune, 'Email', EMAIL)).id).toBe(gone);
  });

  test('P-19 ACCESS by e-mail alone gives everything that is held, in all four subgraphs, as one document', async () => {
    const done = await run(attune, await create(attune, 'Email', EMAIL, 'ACCESS'));
    expect(done).toMatchObject({ kind: 'ACCESS', status: 'COMPLETED', progress: { done: 4, total: 4 } });
    expect(done.reports.map(({ subgraph }: Answer) => subgraph)).toEqual([
      'profile',
      'segments',
      'offers',
      'destinations',
    ]);
    const answers = await Promise.all(
      [KEYS.privacy, KEYS.server, KEYS.public].map((key) => download(attune, done.documentUrl, key)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403]);
    expect((await download(attune, '/privacy/none', KEYS.privacy)).status).toBe(404);
    const document = JSON.parse(answers[0]?.text ?? '');
    expect(document.profile).toMatchObject({
      profile: {
        id: gone,
        consents: [{ purpose: 'personalize', status: 'DENIED' }],
        attributes: expect.arrayContaining([
          expect.objectContaining({ path: 'name', dataset: 'crm', value: VALUES[4] }),
        ]),
        computedAttributes: { views: 2 },
        identityLinks: expect.arrayContaining([expect.objectContaining({ dataset: 'crm' })]),
      },
      failedItems: [expect.anything()],
      requests: [expect.objectContaining({ id: 'gone-request' })],
    });
    const names = document.profile.profile.identities.map(({ value }: Answer) => value);
    expect(new Set(names)).toEqual(new Set(['GONE-1001', EMAIL, HASHED, ECID]));
    expect(document.segments).toMatchObject({
      importedAudiences: expect.arrayContaining([
        expect.objectContaining({ identity: `Email_LC_SHA256|${HASHED}`, audience: 'partners' }),
      ]),
      memberships: expect.arrayContaining([expect.objectContaining({ segmentId: 'gold', status: 'REALIZED' })]),
    });
    expect(document.segments.announcements.count).toBeGreaterThanOrEqual(2);
    expect(document.destinations).toMatchObject({
      told: [{ destination: 'webhook' }],
      deliveries: [{ status: 'SENT' }],
    });
    for (const value of VALUES)
      expect([value, answers[0]?.text.includes(JSON.stringify(value).slice(1, -1))]).toEqual([value, true]);
    expect(answers[0]?.text).not.toMatch(/STAYS-1|stays@example/);
    for (const { found } of done.reports.filter(({ subgraph }: Answer) => subgraph !== 'offers'))
      expect(found).toBeGreaterThan(0);
  });

  test('P-19 an audience row of someone not yet seen is found and removed by that identity alone', async () => {
    const held = await run(attune, await create(attune, 'Email', UNSEEN, 'ACCESS'));
    const { text } = await download(attune, held.documentUrl, KEYS.privacy);
    expect(JSON.parse(text).segments.importedAudiences).toEqual([
      expect.objectContaining({ identity: `Email|${UNSEEN}` }),
    ]);
    const done = await run(attune, await create(attune, 'Email', UNSEEN, 'DELETE'));
    expect(done.reports).toContainEqual({ subgraph: 'segments', found: 1, removed: 1, detail: null });
    expect(await findKept(attune.place(), [UNSEEN])).toEqual([]);
  });

  test('P-19 DELETE empties all look-ups, and tells destinations of the exits first', async () => {
    bytes = await bytesOfOthers(attune);
    const before = receiver.received.length;
    const job = await create(attune, 'Email', EMAIL, 'DELETE');
    const startMs = attune.now();
    const done = await run(attune, job);
    expect(attune.now() - startMs).toBeLessThan(300_000);
    expect(done).toMatchObject({
      kind: 'DELETE',
      status: 'COMPLETED',
      progress: { done: 5, total: 5 },
      documentUrl: null,
    });
    for (const { subgraph, found, removed } of done.reports) expect([subgraph, removed]).toEqual([subgraph, found]);
    expect(done.reports.at(-1)).toMatchObject({ subgraph: 'destinations', detail: { exitsSent: 1, undelivered: 0 } });
    const [exit, ...none] = receiver.received.slice(before);
    expect(none).toEqual([]);
    expect(exit?.message).toMatchObject({ identityMap: { Email: [{ id: EMAIL }] } });
    expect(exit?.message.segmentMembership.ups.gold?.status).toBe('exited');
    for (const [namespace, value] of [
      ['CRMID', 'GONE-1001'],
      ['Email', EMAIL],
      ['Email_LC_SHA256', HASHED],
      ['ECID', ECID],
    ] as const) {
      expect(await find(attune, namespace, value)).toBeNull();
    }
    expect(
      (await attune.data('query ($id: ID!) { profileById(id: $id) { id } }', { id: gone })).profileById,
    ).toBeNull();
    const { segmentQualifications } = await attune.data(
      '{ segmentQualifications(first: 1000) { edges { node { profileId } } } }',
    );
    expect(segmentQualifications.edges.map(({ node }: Answer) => node.profileId)).not.toContain(gone);
    const { deliveries } = await attune.data('{ deliveries(destination: "webhook") { edges { node { profileId } } } }');
    expect(deliveries.edges.map(({ node }: Answer) => node.profileId)).not.toContain(gone);
    const { deliveryLedger } = await attune.data(
      '{ deliveryLedger(destination: "webhook") { received sent skipped failed pending } }',
    );
    expect(deliveryLedger).toEqual([{ received: 3, sent: 3, skipped: 0, failed: 0, pending: 0 }]);
  });

  test('P-19 not a byte of the person is left, nor that they were there', async () => {
    expect(await findKept(attune.place(), [...VALUES, gone])).toEqual([]);
  });

  test('P-19 no other person changed by a byte', async () => {
    expect(await find(attune, 'CRMID', 'STAYS-1')).toEqual(stays);
    const after = await bytesOfOthers(attune);
    for (const [name, hash] of bytes) expect([name, after.get(name)]).toEqual([name, hash]);
  });

  test('P-19 the document of an earlier ACCESS is gone, and a second request is answered from the first', async () => {
    const first = await create(attune, 'CRMID', 'GONE-1001', 'DELETE');
    expect(first).toMatchObject({ status: 'COMPLETED', reports: [{ subgraph: 'profile' }, {}, {}, {}] });
    expect((await create(attune, 'ECID', ECID, 'DELETE')).id).toBe(first.id);
    const again = await run(attune, await create(attune, 'Email', EMAIL, 'ACCESS'));
    expect(again.reports.map(({ found }: Answer) => found)).toEqual([0, 0, 0, 0]);
  });

  test('P-19 a late event is refused with its reason, and leaves nothing; who returns begins anew', async () => {
    const ids = { CRMID: [{ id: 'GONE-1001' }], ECID: [{ id: ECID }] };
    const {
      results: [late],
    } = await ingest(attune, 'web', [
      event('web.pageView', attune.now() - 3_600_000, { identityMap: ids, title: 'gone-late-title' }),
    ]);
    expect(late).toMatchObject({ status: 'REJECTED', code: 'DELETED' });
    const broken = { ...event('web.pageView', 0, { identityMap: ids, title: 'gone-late-title' }), timestamp: 'soon' };
    expect(await ingest(attune, 'web', [broken])).toMatchObject({ results: [{ status: 'REJECTED', code: 'DELETED' }] });
    expect(await findKept(attune.place(), [...VALUES, 'gone-late-title'])).toEqual([]);
    const {
      results: [back],
    } = await ingest(attune, 'web', [event('web.pageView', attune.now() + 1, { identityMap: ids })]);
    expect(back?.status).toBe('ACCEPTED');
    const person = await find(attune, 'CRMID', 'GONE-1001');
    expect(person.id).not.toBe(gone);
    expect(person).toMatchObject({
      attributes: {},
      events: { edges: [expect.anything()] },
      computedAttributes: { views: 1 },
    });
    expect(await find(attune, 'Email', EMAIL)).toBeNull();
  });

  test('P-19 who returned is deleted again by a new job', async () => {
    const done = await run(attune, await create(attune, 'CRMID', 'GONE-1001', 'DELETE'));
    expect(done.reports[0].removed).toBeGreaterThan(0);
    expect(await find(attune, 'CRMID', 'GONE-1001')).toBeNull();
    expect(await findKept(attune.place(), VALUES)).toEqual([]);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
type Answer = any;

async function prepare(attune: AttuneUnderTest, receiver: Receiver): Promise<void> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a content token is written so.
  const content = 'Hello ${profile.loyalty.tier|"guest"}';
  await attune.data('mutation ($i: FallbackOfferInput!) { putFallbackOffer(input: $i) { id } }', {
    i: { id: 'O-DEFAULT', name: 'Default', representations: [{ placement: 'home-hero', content }] },
  });
  await attune.data('mutation { putDataset(input: { id: "aside", kind: EVENTS, profileEnabled: false }) { id } }');
  await attune.data('mutation ($i: ComputedAttributeInput!) { putComputedAttribute(input: $i) { id } }', {
    i: { id: 'views', function: 'COUNT', filter: 'eventType = "web.pageView"' },
  });
  await attune.data('mutation ($i: DestinationInput!) { putDestination(input: $i) { id } }', {
    i: {
      id: 'webhook',
      name: 'Webhook',
      connector: 'http-streaming',
      settings: { url: receiver.url, secret: 'the secret' },
      identities: [{ namespace: 'Email' }],
    },
  });
  await attune.data('mutation { activateSegment(destination: "webhook", segment: "gold") { destination { id } } }');
  const members = [
    { namespace: 'Email_LC_SHA256', value: HASHED },
    { namespace: 'Email', value: UNSEEN },
  ];
  await attune.data(
    'mutation ($i: ExternalAudienceInput!, $m: [ExternalMemberInput!]!) { importAudience(input: $i, members: $m) { accepted } }',
    { i: { id: 'partners', name: 'Partners', provider: 'acme' }, m: members.map((identity) => ({ identity })) },
  );
}

/** One person by every way in: records, events, a dataset that does not show, a refused item, a batch, and a request. */
async function bring(attune: AttuneUnderTest, crmId: string, email: string, ecid: string, word: string): Promise<void> {
  const crm = identityMap('CRMID', crmId);
  const name = word === 'gone' ? VALUES[4] : `Person ${word}`;
  const record = { identityMap: { ...crm, ...identityMap('Email', email) }, name, loyalty: { tier: 'gold' } };
  await attune.data('mutation ($r: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $r) { rejected } }', {
    r: [record],
  });
  const view = { ...event('web.pageView', attune.now() - 1_000), _id: `${word}-event-id`, title: `${word}-page-title` };
  const login = event('web.pageView', attune.now() - 500, { identityMap: { ...crm, ...identityMap('ECID', ecid) } });
  await ingest(attune, 'web', [{ ...view, identityMap: identityMap('ECID', ecid) }, login]);
  const aside = { ...event('secret', attune.now() - 400), _id: `${word}-hidden-id`, field: `${word}-hidden-field` };
  await ingest(attune, 'aside', [{ ...aside, identityMap: crm }]);
  const failed = { ...event('broken', 0), timestamp: 'soon', field: `${word}-failed-field`, identityMap: crm };
  expect(await ingest(attune, 'web', [failed])).toMatchObject({ results: [{ status: 'REJECTED' }] });
  const { startBatch } = await attune.data('mutation { startBatch(dataset: "web") { id } }');
  const waiting = { ...event('later', attune.now() - 300), _id: `${word}-batch-id`, field: `${word}-batch-field` };
  await attune.data(
    'mutation ($b: ID!, $e: [JSONObject!]!) { ingestEvents(dataset: "web", events: $e, batch: $b) { accepted } }',
    { b: startBatch.id, e: [{ ...waiting, identityMap: { ...crm, ...identityMap('ECID', ecid) } }] },
  );
  await attune.data('mutation ($i: CollectInput!) { collect(input: $i) { ecid } }', {
    i: { requestId: `${word}-request`, identityMap: identityMap('ECID', ecid) },
  });
}

async function find(attune: AttuneUnderTest, namespace: string, value: string): Promise<Answer> {
  const query = `query ($i: IdentityInput!) { profile(identity: $i) { ${PERSON} } }`;
  return (await attune.data(query, { i: { namespace, value } })).profile;
}

async function create(attune: AttuneUnderTest, namespace: string, value: string, kind: string): Promise<Answer> {
  const mutation = `mutation ($i: IdentityInput!, $k: PrivacyJobKind!) { createPrivacyJob(identity: $i, kind: $k) { ${JOB} } }`;
  return (await attune.data(mutation, { i: { namespace, value }, k: kind }, KEYS.privacy)).createPrivacyJob;
}

/** Lets time pass until the job is done: five minutes at most. */
async function run(attune: AttuneUnderTest, { id }: Answer): Promise<Answer> {
  for (let second = 0; second < 300; second += 1) {
    await attune.idle();
    const { privacyJob } = await attune.data(
      `query ($id: ID!) { privacyJob(id: $id) { ${JOB} } }`,
      { id },
      KEYS.privacy,
    );
    if (privacyJob.status === 'COMPLETED') return privacyJob;
    await attune.moveTo(attune.now() + 1_000);
  }
  throw new Error('The job did not end.');
}

async function download(attune: AttuneUnderTest, path: string, key: string): Promise<{ status: number; text: string }> {
  const { statusCode, body } = await request(`${attune.url()}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: statusCode, text: await body.text() };
}

/** Documents about the person who stays, by name. A folder's pages hold many people, so there it is another suite's. */
async function bytesOfOthers(attune: AttuneUnderTest): Promise<Map<string, string>> {
  if (attune.place().kind === 'embedded') return new Map();
  const { id } = await find(attune, 'CRMID', 'STAYS-1');
  const own = [id, 'STAYS-1', 'stays@example.test', OTHER_ECID, 'stays-'];
  const kept = [...(await readKept(attune.place()))].filter(([name, bytes]) =>
    own.some((word) => name.includes(word) || bytes.includes(word)),
  );
  expect(kept.length).toBeGreaterThan(20);
  return new Map(kept.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}
