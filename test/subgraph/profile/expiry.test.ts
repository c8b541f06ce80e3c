import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics } from '../../../platform/metrics';
import { openSqliteStore } from '../../../platform/store/sqlite/open-sqlite-store';
import { profileCollections } from '../../../subgraphs/profile';
import { createParts } from '../../../subgraphs/profile/parts';
import { createExpireAnonymous } from '../../../subgraphs/profile/use-cases/expire-anonymous';
import { createManualClock } from '../../support/manual-clock';
import { createTemporaryFolder } from '../../support/temporary-folder';
import { ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const DAY_MS = 86_400_000;
const advance = async (days: number): Promise<void> => {
  profile.clock.advance(days * DAY_MS);
  await profile.subgraph.idle();
};

describe('P-16 anonymous profiles', () => {
  test('P-16 they expire after 14 idle days, and that is announced; known people and those who come back stay', async () => {
    await profile.ingest('web', event('a', NOW_MS, who({ ECID: ecid(1) })), event('a', NOW_MS, who({ ECID: ecid(2) })));
    await profile.ingest(
      'web',
      event('a', NOW_MS, who({ ECID: ecid(3), CRMID: 'known' })),
      event('a', NOW_MS, who({ IDFA: 'x' })),
    );
    await profile.get('mutation { putDataset(input: { id: "quiet", kind: EVENTS, profileEnabled: false }) { id } }');
    const quiet = event('q', NOW_MS, who({ ECID: ecid(1) }));
    await profile.ingest('quiet', quiet);
    const { id } = await profile.find('ECID', ecid(1));
    await advance(10);
    await profile.ingest('web', event('b', NOW_MS, who({ ECID: ecid(2) })));
    await advance(3);
    expect(await profile.find('ECID', ecid(1))).not.toBeNull();
    await advance(1.1);
    expect(await profile.find('ECID', ecid(1))).toBeNull();
    expect(await profile.find('IDFA', 'x')).toBeNull();
    expect(await profile.find('ECID', ecid(2))).not.toBeNull();
    expect(await profile.find('ECID', ecid(3))).not.toBeNull();
    expect((await profile.changes()).get(id)?.at(-1)).toMatchObject({ endedIn: null, cause: { kind: 'EXPIRY' } });
    const rows = await profile.store.collection('profile_events').range('default', {
      index: 'owner',
      prefix: [`ECID|${ecid(1)}`],
      limit: 10,
    });
    expect(rows).toEqual([]);
    expect(await profile.store.collection('profile_events').get('default', `quiet|${quiet._id}`)).toBeUndefined();
    await profile.ingest('web', event('back', NOW_MS, who({ ECID: ecid(1) })));
    expect(eventIds(await profile.find('ECID', ecid(1)))).toHaveLength(1);
  });

  test('P-16 after how many days is configuration; who comes back while they are looked for stays whole', async () => {
    const folder = createTemporaryFolder();
    const store = await openSqliteStore({ folder: folder.path, collections: profileCollections });
    const clock = createManualClock(NOW_MS);
    const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
    const parts = createParts(platform, { limits: { anonymousIdleDays: 2 } });
    const take = (...bodies: readonly object[]) =>
      parts.intake.ingest({ sandbox: 'default', dataset: 'web', bodies, nowMs: clock.now() });
    await take(event('a', NOW_MS, who({ ECID: ecid(1) })), event('a', NOW_MS, who({ ECID: ecid(2) })));
    clock.advance(2 * DAY_MS + 3_600_000);
    const perform: typeof parts.pipeline.perform = async (sandbox, makePlan) => {
      await take(event('back', clock.now(), who({ ECID: ecid(2) })));
      return parts.pipeline.perform(sandbox, makePlan);
    };
    await createExpireAnonymous({ ...parts, pipeline: { ...parts.pipeline, perform } })('default');
    const [gone, stays] = await Promise.all(
      [1, 2].map((digits) => parts.reads.find('default', { namespace: 'ECID', value: ecid(digits) })),
    );
    expect(gone).toBeUndefined();
    expect(stays?.person.head.identities[0]?.events).toBe(2);
    await parts.pipeline.idle();
    await store.close();
    folder.remove();
  });

  test('P-18 who denied something is not forgotten', async () => {
    await profile.get(
      `mutation { setConsent(identity: { namespace: "ECID", value: "${ecid(4)}" }, purpose: "collect", status: DENIED) { id } }`,
    );
    await advance(40);
    const { results } = await profile.ingest('web', event('a', NOW_MS, who({ ECID: ecid(4) })));
    expect(results[0].code).toBe('CONSENT_DENIED');
  });
});

describe('P-2 retention', () => {
  test('P-2 events older than their dataset keeps them show no more at once, then go; their links stay', async () => {
    await profile.get('mutation { putDataset(input: { id: "short", kind: EVENTS, retainEventsDays: 5 }) { id } }');
    const start = profile.clock.now();
    const old = event('old', start, who({ CRMID: 'r', Email: 'r@example.test' }));
    await profile.ingest('short', old, event('new', start + 3 * DAY_MS, who({ CRMID: 'r' })));
    expect(eventIds(await profile.find('CRMID', 'r'))).toHaveLength(2);
    profile.clock.advance(5 * DAY_MS);
    expect(eventIds(await profile.find('CRMID', 'r'))).toHaveLength(1);
    await advance(0.5);
    const row = await profile.store.collection<{ data?: unknown }>('profile_events').get('default', `short|${old._id}`);
    expect(row?.value.data).toBeUndefined();
    expect(await profile.ingest('short', old)).toMatchObject({ duplicates: 1 });
    expect((await profile.find('Email', 'r@example.test')).id).toBe((await profile.find('CRMID', 'r')).id);
    await profile.get('mutation { putNamespace(input: { id: "Email", type: EMAIL, priority: 3 }) { id } }');
    await profile.subgraph.idle();
    expect((await profile.find('Email', 'r@example.test')).id).toBe((await profile.find('CRMID', 'r')).id);
  });

  test('P-4 P-15 what was counted of events stays counted when all of them have left', async () => {
    await profile.get('mutation { putComputedAttribute(input: { id: "seen", function: COUNT }) { id } }');
    await profile.get('mutation { putDataset(input: { id: "brief", kind: EVENTS, retainEventsDays: 5 }) { id } }');
    const seen = async () => (await profile.find('CRMID', 'c', 'computedAttributes')).computedAttributes.seen;
    const visit = () => profile.ingest('brief', event('visit', profile.clock.now(), who({ CRMID: 'c' })));
    await visit();
    await visit();
    await advance(6);
    expect(eventIds(await profile.find('CRMID', 'c'))).toEqual([]);
    expect(await seen()).toBe(2);
    await visit();
    expect(await seen()).toBe(3);
  });
});
