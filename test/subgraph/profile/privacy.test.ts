import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PrivacyHolder, PrivacySubject } from '../../../flow/ports';
import { profileCollections } from '../../../subgraphs/profile';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
const erased: PrivacySubject[] = [];
let held = 3;
let pending = 2;
const holder: PrivacyHolder = {
  name: 'elsewhere',
  gather: async (_, { profileIds }) => ({ found: profileIds.length, document: { ids: profileIds } }),
  erase: async (_, subject, atOnce) => {
    erased.push(subject);
    pending = atOnce ? 0 : Math.max(0, pending - 1);
    if (pending > 0) return { found: 0, removed: 0, pending };
    const removed = held;
    held = 0;
    return { found: removed, removed, pending, detail: { undelivered: 1 } };
  },
};
beforeAll(async () => {
  profile = await openProfile({ privacy: () => [holder] });
});
afterAll(() => profile.close());

const FIELDS = 'id kind status progress { done total finishedAt } reports { subgraph found removed } documentUrl';
const create = async (namespace: string, value: string, kind: string): Promise<Answer> =>
  (
    await profile.get(
      `mutation ($i: IdentityInput!, $k: PrivacyJobKind!) { createPrivacyJob(identity: $i, kind: $k) { ${FIELDS} } }`,
      { i: { namespace, value }, k: kind },
    )
  ).createPrivacyJob;
const job = async (id: string): Promise<Answer> =>
  (await profile.get(`query ($i: ID!) { privacyJob(id: $i) { ${FIELDS} } }`, { i: id })).privacyJob;

/** Every document of every collection of this subgraph, as text by name. */
async function everything(): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for (const { name } of profileCollections) {
    const page = await profile.store.collection(name).scan('default', { limit: 100_000 });
    for (const { id, value } of page) all.set(`${name} ${id}`, JSON.stringify(value));
  }
  return all;
}

async function read(id: string): Promise<Answer> {
  const [, route] = profile.subgraph.routes;
  const response = Object.assign(new PassThrough(), { writeHead: () => undefined });
  const context = {
    sandbox: 'default',
    scope: 'privacy',
    requestId: 'r',
    nowMs: 0,
    deadlineAtMs: 0,
    operation: 'query',
  };
  await route?.handle({ response, context, params: { id } } as never);
  return JSON.parse(String(response.read()));
}

const SECRETS = ['gone-crmid', 'gone@example.test', ecid(666), 'Gone Person'];

describe('P-19 privacy jobs', () => {
  beforeAll(async () => {
    await profile.get('mutation { putDataset(input: { id: "hidden", kind: EVENTS, profileEnabled: false }) { id } }');
    await profile.ingest('crm', { ...who({ CRMID: 'gone-crmid', Email: 'gone@example.test' }), name: 'Gone Person' });
    await profile.ingest(
      'web',
      event('a', NOW_MS, who({ ECID: ecid(666) })),
      event('a', NOW_MS, who({ CRMID: 'stays' })),
    );
    await profile.ingest('web', event('login', NOW_MS + 1, who({ ECID: ecid(666), CRMID: 'gone-crmid' })));
    await profile.ingest('web', { ...event('bad', NOW_MS, who({ CRMID: 'gone-crmid' })), timestamp: 'soon' });
    await profile.ingest('hidden', event('unseen', NOW_MS, who({ CRMID: 'gone-crmid' })));
    await profile.ingest('web', event('shared', NOW_MS, who({ CRMID: 'stays', Email: 'stays@example.test' })));
    const input = { requestId: 'gone-request', ...who({ ECID: ecid(666) }) };
    await profile.get('mutation ($i: CollectInput!) { collect(input: $i) { ecid } }', { i: input });
    const end = (digits: number) => ({ namespace: 'ECID', value: ecid(digits) });
    const links = [
      { from: end(666), to: end(777) },
      { from: end(777), to: end(888) },
    ];
    await profile.get(
      `mutation ($l: [DeviceLinkInput!]!) {
        importDeviceGraph(input: { id: "homes", name: "Homes", provider: "acme" }, links: $l) { accepted }
      }`,
      { l: links },
    );
    const { startBatch } = await profile.get('mutation { startBatch(dataset: "web") { id } }');
    await profile.get(
      'mutation ($b: ID!, $e: [JSONObject!]!) { ingestEvents(dataset: "web", events: $e, batch: $b) { accepted } }',
      {
        b: startBatch.id,
        e: [event('waits', NOW_MS, who({ CRMID: 'gone-crmid' }))],
      },
    );
  });

  test('P-19 ACCESS by one identity gathers everything under all of them, in all subgraphs, as one document', async () => {
    const { id, documentUrl } = await create('Email', 'gone@example.test', 'ACCESS');
    expect(documentUrl).toBeNull();
    await profile.subgraph.idle();
    const done = await job(id);
    expect(done).toMatchObject({
      kind: 'ACCESS',
      status: 'COMPLETED',
      progress: { done: 2, total: 2, finishedAt: expect.any(String) },
      documentUrl: `/privacy/${id}`,
      reports: [
        { subgraph: 'profile', removed: 0 },
        { subgraph: 'elsewhere', found: 2, removed: 0 },
      ],
    });
    const document = await read(id);
    expect(document.profile.profile.identities).toHaveLength(4);
    expect(document.profile.events).toHaveLength(3);
    expect(document.profile.records).toHaveLength(1);
    expect(document.profile).toMatchObject({ failedItems: [{}], requests: [{}] });
    expect(document.profile.batchItems).not.toEqual([]);
    expect(document.profile.deviceLinks).toEqual([
      expect.objectContaining({ deviceGraph: 'homes', from: `ECID|${ecid(666)}`, to: `ECID|${ecid(777)}` }),
    ]);
    expect(document.elsewhere.ids).toHaveLength(2);
    for (const secret of SECRETS) expect(JSON.stringify(document)).toContain(secret);
  });

  test('P-19 DELETE removes the person everywhere, and no other profile changes by one byte', async () => {
    const { id: stays } = await profile.find('CRMID', 'stays');
    const { id: gone } = await profile.find('CRMID', 'gone-crmid');
    const before = await everything();
    const { id } = await create('CRMID', 'gone-crmid', 'DELETE');
    await profile.subgraph.idle();
    expect(await job(id)).toMatchObject({ status: 'RUNNING', reports: [{ subgraph: 'profile' }] });
    for (let round = 0; round < 5; round += 1) {
      profile.clock.advance(1_000);
      await profile.subgraph.idle();
    }
    expect(await job(id)).toMatchObject({
      status: 'COMPLETED',
      progress: { done: 3, total: 3 },
      reports: [{ subgraph: 'profile' }, { subgraph: 'elsewhere', found: 3, removed: 3 }],
    });
    expect(erased[0]?.profileIds).toContain(gone);
    for (const [namespace, value] of [
      ['CRMID', 'gone-crmid'],
      ['Email', 'gone@example.test'],
      ['ECID', ecid(666)],
    ] as const) {
      expect(await profile.find(namespace, value)).toBeNull();
    }
    expect((await profile.get('query ($i: ID!) { profileById(id: $i) { id } }', { i: gone })).profileById).toBeNull();
    expect(await profile.store.collection('profiles').get('default', gone)).toBeUndefined();
    const after = await everything();
    for (const [name, text] of after) {
      for (const secret of SECRETS) expect([name, text.includes(secret)]).toEqual([name, false]);
      if (name.includes(stays) || text.includes('stays')) expect([name, before.get(name)]).toEqual([name, text]);
    }
    const links = [...after].filter(([name]) => name.startsWith('profile_device_links'));
    expect(links.map(([name]) => name.slice(-3)).sort()).toEqual(['777', '888']);
    expect([...after.keys()].some((name) => SECRETS.some((secret) => name.includes(secret)))).toBe(false);
    expect((await profile.changes()).has(gone)).toBe(false);
  });

  test('P-19 data from before is refused when it comes late; who returns begins anew', async () => {
    const late = await profile.ingest('web', event('late', NOW_MS, who({ Email: 'gone@example.test' })));
    expect(late.results[0]).toMatchObject({ status: 'REJECTED', code: 'DELETED' });
    expect((await profile.get('{ failedItems(code: "DELETED") { edges { node { id } } } }')).failedItems.edges).toEqual(
      [],
    );
    const restarted = await openProfile({ store: profile.store, clock: profile.clock });
    expect(
      (await restarted.ingest('web', event('late', NOW_MS, who({ CRMID: 'gone-crmid' })))).results[0],
    ).toMatchObject({
      code: 'DELETED',
    });
    await restarted.close();
    const again = await profile.ingest(
      'web',
      event('back', profile.clock.now() + 1, who({ Email: 'gone@example.test' })),
    );
    expect(again.accepted).toBe(1);
    const person = await profile.find('Email', 'gone@example.test');
    expect(eventIds(person)).toHaveLength(1);
    expect(person.attributes).toEqual({});
  });

  test('P-19 the same request again is answered from the first, as long as there is nothing new', async () => {
    const first = await create('CRMID', 'gone-crmid', 'DELETE');
    expect(first).toMatchObject({ status: 'COMPLETED', reports: [{ subgraph: 'profile' }, { subgraph: 'elsewhere' }] });
    expect((await create('CRMID', 'gone-crmid', 'DELETE')).id).toBe(first.id);
    expect((await create('Email', 'gone@example.test', 'DELETE')).id).not.toBe(first.id);
    await profile.subgraph.idle();
  });

  test('P-19 the mark goes after its time, and nobody is refused any more', async () => {
    profile.clock.advance(31 * 86_400_000);
    await profile.subgraph.idle();
    const { results } = await profile.ingest('web', event('old', NOW_MS, who({ CRMID: 'gone-crmid' })));
    expect(results[0].status).toBe('ACCEPTED');
    expect(await profile.store.collection('profile_tombstones').scan('default', { limit: 10 })).toEqual([]);
  });

  test('P-19 a job about nobody finds nothing; an unknown namespace is BAD_USER_INPUT', async () => {
    const { id } = await create('CRMID', 'nobody-knows', 'ACCESS');
    await profile.subgraph.idle();
    expect(await job(id)).toMatchObject({ status: 'COMPLETED', reports: [{ subgraph: 'profile', found: 0 }, {}] });
    await expect(create('Nothing', 'x', 'ACCESS')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await job('nothing')).toBeNull();
  });
});
