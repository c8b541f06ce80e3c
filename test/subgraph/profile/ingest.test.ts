import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

describe('data that comes in', () => {
  test('P-1 an event and a record about the same identity are on one profile', async () => {
    await profile.ingest('crm', { ...who({ CRMID: 'P1' }), loyalty: { tier: 'gold' } });
    await profile.ingest('web', event('web.pageView', NOW_MS, who({ CRMID: 'P1' })));
    const person = await profile.find('CRMID', 'P1');
    expect(person).toMatchObject({ attributes: { loyalty: { tier: 'gold' } }, revision: 2, isAnonymous: false });
    expect(eventIds(person)).toHaveLength(1);
  });

  test('P-3 each item has its own answer: accepted, duplicate, or rejected with code and path', async () => {
    const sound = event('web.pageView', NOW_MS, who({ CRMID: 'P3' }));
    const { _id, ...nameless } = sound;
    const payload = await profile.ingest(
      'web',
      sound,
      sound,
      nameless,
      { ...sound, _id: 'x', timestamp: 'soon' },
      { ...sound, _id: 'y', identityMap: {} },
    );
    expect(payload).toMatchObject({ accepted: 1, duplicates: 1, rejected: 3 });
    expect(payload.results.map(({ status, code, path }: never) => [status, code, path])).toEqual([
      ['ACCEPTED', null, null],
      ['DUPLICATE', null, null],
      ['REJECTED', 'INVALID_ID', '_id'],
      ['REJECTED', 'INVALID_TIMESTAMP', 'timestamp'],
      ['REJECTED', 'NO_IDENTITY', 'identityMap'],
    ]);
    expect(payload.results[1].profile).toEqual(payload.results[0].profile);
    expect(await profile.ingest('web', sound)).toMatchObject({ duplicates: 1 });
    expect(eventIds(await profile.find('CRMID', 'P3'))).toHaveLength(1);
  });

  test('P-7 two items that share an identity are one person; the same value in two namespaces is no link', async () => {
    await profile.ingest('web', event('a', NOW_MS, who({ ECID: ecid(7) })));
    profile.clock.advance(1);
    await profile.ingest('web', event('b', NOW_MS, who({ Email: 'seven@example.test' })));
    await profile.ingest('web', event('c', NOW_MS, who({ CRMID: 'seven@example.test' })));
    const [one, other] = [await profile.find('ECID', ecid(7)), await profile.find('Email', 'seven@example.test')];
    expect(one.id).not.toBe(other.id);
    expect((await profile.find('CRMID', 'seven@example.test')).id).not.toBe(other.id);

    await profile.ingest('web', event('d', NOW_MS, who({ ECID: ecid(7), Email: 'seven@example.test' })));

    const both = await profile.find('Email', 'seven@example.test');
    expect(both.id).toBe(one.id);
    expect(eventIds(both)).toHaveLength(3);
    const { profileById } = await profile.get('query ($id: ID!) { profileById(id: $id) { id } }', { id: other.id });
    expect(profileById).toEqual({ id: one.id });
  });

  test('P-14 an unknown identity is null, not an error', async () => {
    expect(await profile.find('CRMID', 'nobody')).toBeNull();
  });
});
