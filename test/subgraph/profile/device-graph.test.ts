import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

const DAY_MS = 86_400_000;
const IMPORT = `mutation ($input: DeviceGraphInput!, $links: [DeviceLinkInput!]!) {
  importDeviceGraph(input: $input, links: $links) {
    deviceGraph { id provider validDays version } accepted rejected results { status code path message }
  }
}`;
const VIEW = `id attributes isAnonymous computedAttributes consents { purpose status }
  identities { namespace value } events(first: 100) { edges { node { id } } }
  identityLinks { from { namespace value } to { namespace value } dataset provider validUntil notFollowed }`;
const GRAPH = { id: 'homes', name: 'Homes', provider: 'acme' };

describe('S-19 an external device graph', () => {
  let profile: ProfileFixture;
  beforeEach(async () => {
    profile = await openProfile();
    await put('DeviceGraph', GRAPH);
    await put('MergePolicy', { id: 'at-home', deviceGraph: 'homes' });
  });
  afterEach(() => profile.close());

  const put = (kind: string, input: object): Promise<Answer> =>
    profile.get(`mutation ($i: ${kind}Input!) { put${kind}(input: $i) { id version } }`, { i: input });
  const link = (from: number | object, to: number | object, rest: object = {}) => ({
    from: typeof from === 'number' ? { namespace: 'ECID', value: ecid(from) } : from,
    to: typeof to === 'number' ? { namespace: 'ECID', value: ecid(to) } : to,
    ...rest,
  });
  const take = async (...links: readonly object[]): Promise<Answer> =>
    (await profile.get(IMPORT, { input: GRAPH, links })).importDeviceGraph;
  const view = async (namespace: string, value: string, mergePolicy: string | null = 'at-home'): Promise<Answer> => {
    const query = `query ($i: IdentityInput!, $p: ID) { profile(identity: $i, mergePolicy: $p) { ${VIEW} } }`;
    return (await profile.get(query, { i: { namespace, value }, p: mergePolicy })).profile;
  };
  const names = ({ identities }: Answer): readonly string[] => identities.map(({ value }: Answer) => value).sort();
  const browsers = async (...numbers: readonly number[]): Promise<void> => {
    for (const number of numbers) {
      const sent = { ...event('view', NOW_MS + number, who({ ECID: ecid(number) })), _id: `of-${number}` };
      await profile.ingest('web', sent);
    }
  };

  test('S-19 a policy that names it shows those whom its links join, and every other policy nothing of it', async () => {
    await put('ComputedAttribute', { id: 'views', function: 'COUNT', filter: 'eventType = "view"' });
    await browsers(1, 2);
    await profile.ingest('crm', { ...who({ CRMID: 'C-1', ECID: ecid(2) }), tier: 'gold' });
    await profile.get(
      `mutation { setConsent(identity: { namespace: "CRMID", value: "C-1" }, purpose: "share", status: DENIED) { id } }`,
    );
    expect(await take(link(1, 2))).toMatchObject({ accepted: 1, rejected: 0, deviceGraph: { validDays: 30 } });

    const joined = await view('ECID', ecid(1));
    expect(names(joined)).toEqual([ecid(1), ecid(2), 'C-1']);
    expect(eventIds(joined)).toEqual(['of-2', 'of-1']);
    expect(joined).toMatchObject({
      attributes: { tier: 'gold' },
      computedAttributes: { views: 2 },
      consents: [{ purpose: 'share', status: 'DENIED' }],
      isAnonymous: false,
    });
    expect(joined.identityLinks).toContainEqual({
      from: { namespace: 'ECID', value: ecid(1) },
      to: { namespace: 'ECID', value: ecid(2) },
      ...{ dataset: 'homes', provider: 'acme', notFollowed: null },
      validUntil: new Date(NOW_MS + 30 * DAY_MS).toISOString(),
    });
    expect(names(await view('CRMID', 'C-1'))).toEqual(names(joined));
    expect((await view('CRMID', 'C-1')).id).not.toBe(joined.id);

    const alone = await view('ECID', ecid(1), null);
    expect(alone).toMatchObject({ attributes: {}, computedAttributes: { views: 1 }, consents: [], isAnonymous: true });
    expect(alone.identityLinks).toEqual([]);
    expect(eventIds(alone)).toEqual(['of-1']);
    const { profileById } = await profile.get(
      `query ($id: ID!) { profileById(id: $id, mergePolicy: "at-home") { identities { value } } }`,
      { id: joined.id },
    );
    expect(names(profileById)).toEqual(names(joined));
  });

  test('S-19 switching it on and off shows at once, with nothing taken in again, also for the default policy', async () => {
    await browsers(1, 2);
    await take(link(1, 2));
    expect(names(await view('ECID', ecid(1), null))).toEqual([ecid(1)]);
    await put('MergePolicy', { id: 'at-home', deviceGraph: 'homes', default: true });
    expect(names(await view('ECID', ecid(1), null))).toEqual([ecid(1), ecid(2)]);
    await put('MergePolicy', { id: 'at-home', default: true });
    expect(names(await view('ECID', ecid(1), null))).toEqual([ecid(1)]);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1)]);
  });

  test('S-19 a link ends at its instant, by default after the days of its graph, and sent again it holds longer', async () => {
    await browsers(1, 2, 3);
    await take(link(1, 2, { validUntil: new Date(NOW_MS + DAY_MS).toISOString() }), link(1, 3));
    profile.clock.moveTo(NOW_MS + DAY_MS - 1);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1), ecid(2), ecid(3)]);
    profile.clock.moveTo(NOW_MS + DAY_MS);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1), ecid(3)]);
    await take(link(3, 1));
    profile.clock.moveTo(NOW_MS + 30 * DAY_MS);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1), ecid(3)]);
    profile.clock.moveTo(NOW_MS + 31 * DAY_MS);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1)]);
    await profile.subgraph.idle();
    expect(await profile.store.collection('profile_device_links').scan('default', { limit: 10 })).toEqual([]);
  });

  test('S-19 a link is taken out from either end', async () => {
    await browsers(1, 2);
    await take(link(1, 2));
    await take(link(2, 1, { remove: true }), link(8, 9, { remove: true }));
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1)]);
    expect((await view('ECID', ecid(2))).identityLinks).toEqual([]);
  });

  test('S-19 links lead on over identities that nobody has been seen with, and join them when they come', async () => {
    await browsers(1, 3);
    await take(link(1, 2), link(2, 3));
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1), ecid(3)]);
    await browsers(2);
    expect(names(await view('ECID', ecid(3)))).toEqual([ecid(1), ecid(2), ecid(3)]);
  });

  test('S-19 P-9 a link that would give two values of a unique namespace is not followed, and says so', async () => {
    await profile.ingest('crm', { ...who({ CRMID: 'C-1', ECID: ecid(1) }), tier: 'gold' });
    await profile.ingest('crm', { ...who({ CRMID: 'C-2', ECID: ecid(2) }), city: 'Bern' });
    await browsers(3);
    await take(link(2, 3));
    profile.clock.advance(1);
    await take(link(1, 2), link(1, 3));
    const [one, other] = [await view('CRMID', 'C-1'), await view('CRMID', 'C-2')];
    // The newer link to the shared browser wins.
    expect(names(one)).toEqual([ecid(1), ecid(3), 'C-1']);
    expect(one.attributes).toEqual({ tier: 'gold' });
    expect(names(other)).toEqual([ecid(2), 'C-2']);
    const refused = (links: Answer) =>
      links
        .filter(({ notFollowed }: Answer) => notFollowed)
        .map(({ to, notFollowed }: Answer) => [to.value, notFollowed]);
    expect(refused(one.identityLinks)).toEqual([
      [ecid(2), 'UNIQUE_NAMESPACE'],
      [ecid(3), 'UNIQUE_NAMESPACE'],
    ]);
    expect(refused(other.identityLinks)).toEqual(refused(one.identityLinks));
  });

  test('S-19 P-10 an identity that was cut out is not joined again by links from before', async () => {
    await browsers(1, 2);
    await profile.ingest('web', event('login', NOW_MS, who({ CRMID: 'C-1', ECID: ecid(1) })));
    await take(link({ namespace: 'CRMID', value: 'C-1' }, 1));
    profile.clock.advance(1);
    const identity = { namespace: 'ECID', value: ecid(1) };
    await profile.get(
      `mutation ($i: IdentityInput!) {
        unlinkIdentity(profile: { namespace: "CRMID", value: "C-1" }, identity: $i) { __typename }
      }`,
      { i: identity },
    );
    expect(names(await view('CRMID', 'C-1'))).toEqual(['C-1']);
    profile.clock.advance(1);
    await take(link({ namespace: 'CRMID', value: 'C-1' }, 1));
    expect(names(await view('CRMID', 'C-1'))).toEqual([ecid(1), 'C-1']);
  });

  test('S-19 P-4 a view has no more identities than a graph, and an identity no more links than its limit', async () => {
    await profile.close();
    profile = await openProfile({ limits: { identitiesPerGraph: 3, deviceLinksPerIdentity: 4 } });
    await put('DeviceGraph', GRAPH);
    await put('MergePolicy', { id: 'at-home', deviceGraph: 'homes' });
    await browsers(1, 2, 3, 4, 5, 6);
    const answer = await take(...[2, 3, 4, 5, 6].map((number) => link(1, number)));
    expect(answer.results.map(({ code }: Answer) => code)).toEqual([null, null, null, null, 'LIMIT_EXCEEDED']);
    expect(answer.results.at(-1)).toMatchObject({
      path: 'from',
      message: expect.stringMatching(/deviceLinksPerIdentity/),
    });
    const joined = await view('ECID', ecid(1));
    expect(names(joined)).toHaveLength(3);
    expect(joined.identityLinks.map(({ notFollowed }: Answer) => notFollowed).sort()).toEqual([
      'LIMIT',
      'LIMIT',
      null,
      null,
    ]);
  });

  test('S-19 a policy that does not stitch joins identities one by one', async () => {
    await put('MergePolicy', { id: 'apart', identityGraph: 'NONE', deviceGraph: 'homes' });
    await profile.ingest('web', event('login', NOW_MS, who({ CRMID: 'C-1', ECID: ecid(1) })));
    await browsers(2);
    await take(link(1, 2));
    expect(names(await view('ECID', ecid(1), 'apart'))).toEqual([ecid(1), ecid(2)]);
    expect(names(await view('CRMID', 'C-1', 'apart'))).toEqual(['C-1']);
  });

  test('S-19 P-17 who has logged out is shown to browsers without what a device graph knows', async () => {
    await put('MergePolicy', { id: 'at-home', deviceGraph: 'homes', default: true });
    await browsers(2);
    const login = { CRMID: [{ id: 'C-1', authenticatedState: 'loggedOut' }], ECID: [{ id: ecid(1) }] };
    await profile.ingest('web', event('logout', NOW_MS, { identityMap: login }));
    await take(link(1, 2));
    const { profile: shown } = await profile.get(
      'query ($i: IdentityInput!) { profile(identity: $i) { identities { value } } }',
      { i: { namespace: 'ECID', value: ecid(1) } },
      { scope: 'public' },
    );
    expect(names(shown)).toEqual([ecid(1)]);
  });

  test('S-19 bad links are refused each with code and path, and the rest goes in', async () => {
    await browsers(1, 2);
    const answer = await take(
      link(1, { namespace: 'Nowhere', value: 'x' }),
      link({ namespace: 'CRMID', value: 'null' }, 1),
      link(1, { namespace: 'ECID', value: '123' }),
      link(1, 1),
      link(1, 2, { validUntil: new Date(NOW_MS).toISOString() }),
      link(1, { namespace: 'CRMID', value: 'x'.repeat(1025) }),
      link(1, 2),
    );
    expect(answer).toMatchObject({ accepted: 1, rejected: 6 });
    expect(answer.results.map(({ code, path }: Answer) => [code, path])).toEqual([
      ['UNKNOWN_NAMESPACE', 'to'],
      ['INVALID_IDENTITY', 'from'],
      ['INVALID_IDENTITY', 'to'],
      ['INVALID_IDENTITY', 'to'],
      ['INVALID_TIMESTAMP', 'validUntil'],
      ['LIMIT_EXCEEDED', 'to'],
      [null, null],
    ]);
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1), ecid(2)]);
  });

  test('S-19 it is configuration: put twice it stays, in use it is not deleted, and begun anew it has no links', async () => {
    expect(await put('DeviceGraph', GRAPH)).toEqual({ putDeviceGraph: { id: 'homes', version: 1 } });
    await browsers(1, 2);
    await take(link(1, 2));
    const remove = () => profile.get('mutation { deleteDeviceGraph(id: "homes") { id } }');
    await expect(remove()).rejects.toMatchObject({ code: 'CONFLICT', details: { usedBy: ['mergePolicy:at-home'] } });
    await put('MergePolicy', { id: 'at-home' });
    await remove();
    expect((await profile.get('{ deviceGraph(id: "homes") { id } }')).deviceGraph).toBeNull();
    await put('DeviceGraph', GRAPH);
    await put('MergePolicy', { id: 'at-home', deviceGraph: 'homes' });
    expect(names(await view('ECID', ecid(1)))).toEqual([ecid(1)]);
    await profile.subgraph.idle();
    expect(await profile.store.collection('profile_device_links').scan('default', { limit: 10 })).toEqual([]);
  });

  test('S-19 what cannot be is refused: an unknown graph, one without a provider, days without end', async () => {
    const refusal = (kind: string, input: object) =>
      put(kind, input).then(
        () => undefined,
        ({ code, details }: Answer) => [code, details.path],
      );
    expect(await refusal('MergePolicy', { id: 'x', deviceGraph: 'nowhere' })).toEqual([
      'BAD_USER_INPUT',
      'deviceGraph',
    ]);
    expect(await refusal('DeviceGraph', { ...GRAPH, provider: ' ' })).toEqual(['BAD_USER_INPUT', 'provider']);
    expect(await refusal('DeviceGraph', { ...GRAPH, validDays: 0 })).toEqual(['BAD_USER_INPUT', 'validDays']);
    expect(await refusal('DeviceGraph', { ...GRAPH, id: 'a|b' })).toEqual(['BAD_USER_INPUT', 'id']);
  });
});
