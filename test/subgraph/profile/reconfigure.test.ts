import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { histories } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const put = (kind: string, input: object, sandbox = 'default') =>
  profile.get(`mutation ($i: ${kind}Input!) { put${kind}(input: $i) { id } }`, { i: input }, { sandbox });
const EMAIL_UNIQUE = { id: 'Email', type: 'EMAIL', priority: 2, unique: true };

describe('P-8 a changed configuration of namespaces', () => {
  test('P-11 is tried in simulation, then applied: existing graphs are made anew in the background', async () => {
    const items = [
      event('a', NOW_MS, who({ CRMID: 'r1', Email: 'one@example.test' })),
      event('b', NOW_MS + 1, who({ CRMID: 'r1', Email: 'two@example.test' })),
    ];
    await profile.ingest('web', ...items);
    const simulate = async (configuration?: object[]) =>
      (
        await profile.get(
          'query ($i: [JSONObject!]!, $c: [NamespaceInput!]) { simulateIdentityGraph(items: $i, configuration: $c) { identities { value } droppedLinks { item } } }',
          { i: items, c: configuration },
        )
      ).simulateIdentityGraph;
    expect(await simulate()).toHaveLength(1);
    const simulated = await simulate([EMAIL_UNIQUE]);
    expect(simulated).toHaveLength(2);
    expect(simulated[0].droppedLinks).toHaveLength(1);

    const { id } = await profile.find('CRMID', 'r1');
    await put('Namespace', EMAIL_UNIQUE);
    await profile.subgraph.idle();
    expect((await profile.find('Email', 'two@example.test')).id).toBe(id);
    expect((await profile.find('Email', 'one@example.test')).id).not.toBe(id);
    const { namespace } = await profile.get('{ namespace(id: "Email") { rebuild { done finishedAt } } }');
    expect(namespace.rebuild).toMatchObject({ finishedAt: expect.any(String) });
  });

  test('P-11 a configuration that could not be put, and items that name nobody, are BAD_USER_INPUT in a simulation', async () => {
    const simulate = (items: object[], configuration: object[]) =>
      profile.get(
        'query ($i: [JSONObject!]!, $c: [NamespaceInput!]) { simulateIdentityGraph(items: $i, configuration: $c) { identities { value } } }',
        { i: items, c: configuration },
      );
    const refused = (items: object[], configuration: object[], path: string) =>
      expect(simulate(items, configuration)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path } });
    await refused([], [{ ...EMAIL_UNIQUE, priority: 0 }], 'priority');
    await refused([], [{ ...EMAIL_UNIQUE, normalization: 'E164' }], 'normalization');
    await refused([], [{ ...EMAIL_UNIQUE, id: 'FPID' }], 'id');
    await refused([who({ CRMID: 'fine' }), who({ CRMID: 'null' })], [], 'items[1].identityMap.CRMID[0].id');
    await refused([{ ...who({ CRMID: 'fine' }), timestamp: 'soon' }], [], 'items[0].timestamp');
    const many = Array.from({ length: 1001 }, () => who({ CRMID: 'fine' }));
    await expect(simulate(many, [])).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 'items' } });
  });

  test('P-9 whose an event is follows a changed priority', async () => {
    await profile.ingest('web', { ...event('a', NOW_MS, who({ CRMID: 'r2', IDFA: 'phone' })), _id: 'r2-event' });
    await profile.ingest('web', event('b', NOW_MS + 1, who({ CRMID: 'r3', IDFA: 'phone' })));
    expect(eventIds(await profile.find('CRMID', 'r2'))).toEqual(['r2-event']);
    await put('Namespace', { id: 'CRMID', type: 'CROSS_DEVICE', priority: 9, unique: true });
    await profile.subgraph.idle();
    expect(eventIds(await profile.find('CRMID', 'r2'))).toEqual([]);
    expect(eventIds(await profile.find('CRMID', 'r3'))).toContain('r2-event');
    await profile.get('mutation { deleteNamespace(id: "CRMID") { id } }');
    await profile.subgraph.idle();
    expect(eventIds(await profile.find('CRMID', 'r2'))).toEqual(['r2-event']);
  });

  test('P-8 what a deleted namespace linked is linked again when it is put again', async () => {
    const login = { id: 'Login', type: 'CROSS_DEVICE', priority: 2 };
    await put('Namespace', login);
    await profile.ingest('web', { ...event('a', NOW_MS, who({ CRMID: 'r5', Login: 'five' })), _id: 'r5-event' });
    await profile.ingest('web', event('b', NOW_MS + 1, who({ IDFA: 'r5-phone', Login: 'five' })));
    const { id } = await profile.find('IDFA', 'r5-phone');
    expect((await profile.find('CRMID', 'r5')).id).toBe(id);
    await profile.get('mutation { deleteNamespace(id: "Login") { id } }');
    await profile.subgraph.idle();
    expect((await profile.find('CRMID', 'r5')).id).not.toBe((await profile.find('IDFA', 'r5-phone')).id);
    await put('Namespace', login);
    await profile.subgraph.idle();
    expect((await profile.find('Login', 'five')).id).toBe((await profile.find('IDFA', 'r5-phone')).id);
    expect((await profile.find('CRMID', 'r5')).id).toBe((await profile.find('IDFA', 'r5-phone')).id);
  });

  test('P-11 applied to random histories, everybody is as if it had held from the beginning', async () => {
    let sandboxes = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        sandboxes += 1;
        const [later, always] = [`l${sandboxes}`, `w${sandboxes}`];
        await put('Namespace', EMAIL_UNIQUE, always);
        await send(profile, always, history, 3);
        await send(profile, later, history, 3);
        await put('Namespace', EMAIL_UNIQUE, later);
        await profile.subgraph.idle();
        expect(await stateOf(profile, later)).toEqual(await stateOf(profile, always));
      }),
      { numRuns: process.env.ATTUNE_TEST_LONG === '1' ? 1000 : 30 },
    );
  }, 300_000);

  test('P-11 making people anew by an unchanged configuration changes and announces nothing', async () => {
    const before = await stateOf(profile, 'default');
    const count = async () => [...(await profile.changes()).values()].flat().length;
    const announced = await count();
    await put('Namespace', { id: 'GAID', type: 'DEVICE', priority: 6 });
    await profile.subgraph.idle();
    expect(await stateOf(profile, 'default')).toEqual(before);
    expect(await count()).toBe(announced);
  });
});

describe('P-13 another default merge policy', () => {
  test('P-13 is announced to those who keep what they were told of attributes', async () => {
    await put('Dataset', { id: 'first', kind: 'RECORDS' });
    await profile.ingest('crm', { ...who({ CRMID: 'm1' }), timestamp: '2026-01-02', tier: 'gold' });
    await profile.ingest('first', { ...who({ CRMID: 'm1' }), timestamp: '2026-01-01', tier: 'silver' });
    const { id } = await profile.find('CRMID', 'm1');
    const policy = { id: 'p', attributes: 'DATASET_PRECEDENCE', datasetPrecedence: ['first', 'crm'], default: true };
    await put('MergePolicy', policy);
    await profile.subgraph.idle();
    const last = (await profile.changes()).get(id)?.at(-1);
    expect(last).toMatchObject({ attributes: { tier: 'silver' }, cause: { kind: 'RULE' } });
    const anonymous: Answer = await profile.find('ECID', ecid(1));
    expect(anonymous).toBeNull();
  });
});
