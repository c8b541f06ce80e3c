import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const names = ({ identities }: Answer) => identities.map(({ value }: Answer) => value).sort();
const BROWSER = ecid(111);

describe('P-9 a browser that two people share', () => {
  const at = (minute: number): number => NOW_MS + minute * 60_000;
  const seen = (id: string, minute: number, identities: Record<string, string>) => ({
    ...event('web.pageView', at(minute), who(identities)),
    _id: id,
  });
  const jane = () => profile.find('CRMID', 'jane');
  const john = () => profile.find('CRMID', 'john');
  const browser = () => profile.find('ECID', BROWSER);
  const steps: Answer[] = [];
  const step = async (...items: Answer[]) => {
    steps.push(...items);
    await profile.ingest('web', ...items);
    const simulated = await profile.get(
      'query ($items: [JSONObject!]!) { simulateIdentityGraph(items: $items) { identities { value } } }',
      { items: steps },
    );
    const people = [await jane(), await john(), await browser()].filter((person) => person);
    const real = new Set(people.map((person) => names(person).join()));
    expect(new Set(simulated.simulateIdentityGraph.map((graph: Answer) => names(graph).join()))).toEqual(real);
  };

  test('P-9 anonymous views belong to the browser', async () => {
    await step(seen('laptop-1', 0, { ECID: BROWSER }), seen('laptop-2', 1, { ECID: BROWSER }));
    expect(await browser()).toMatchObject({ isAnonymous: true });
    expect(eventIds(await browser())).toEqual(['laptop-2', 'laptop-1']);
  });

  test('P-9 Jane logs in on it, and what the browser saw is hers', async () => {
    await step(seen('jane-login', 2, { ECID: BROWSER, CRMID: 'jane' }));
    expect((await jane()).id).toBe((await browser()).id);
    expect(names(await jane())).toEqual([BROWSER, 'jane'].sort());
    expect(eventIds(await jane())).toEqual(['jane-login', 'laptop-2', 'laptop-1']);
  });

  test('P-9 John logs in on it: the browser is his, what names Jane stays with Jane', async () => {
    const before = await jane();
    await step(seen('john-login', 3, { ECID: BROWSER, CRMID: 'john' }));
    expect((await jane()).id).toBe(before.id);
    expect(eventIds(await jane())).toEqual(['jane-login']);
    expect(names(await jane())).toEqual(['jane']);
    expect((await browser()).id).toBe((await john()).id);
    expect(eventIds(await john())).toEqual(['john-login', 'laptop-2', 'laptop-1']);
  });

  test('P-9 more anonymous views are his', async () => {
    await step(seen('view-3', 4, { ECID: BROWSER }));
    expect(eventIds(await john())).toContain('view-3');
  });

  test('P-9 Jane logs in again, and the browser returns to her', async () => {
    await step(seen('jane-again', 5, { ECID: BROWSER, CRMID: 'jane' }));
    expect(eventIds(await jane())).toEqual(['jane-again', 'view-3', 'laptop-2', 'laptop-1', 'jane-login'].sort(byTime));
    expect(eventIds(await john())).toEqual(['john-login']);
    expect((await browser()).id).toBe((await jane()).id);
  });

  const ORDER = ['jane-again', 'view-3', 'john-login', 'jane-login', 'laptop-2', 'laptop-1'];
  const byTime = (a: string, b: string): number => ORDER.indexOf(a) - ORDER.indexOf(b);

  test('P-10 each link is listed with where it came from, and the history tells what happened', async () => {
    const person = await profile.find(
      'CRMID',
      'jane',
      'identityLinks { from { value } to { value } dataset item at } identityHistory { edges { node { kind identities item } } }',
    );
    expect(person.identityLinks).toEqual([
      {
        from: { value: 'jane' },
        to: { value: BROWSER },
        dataset: 'web',
        item: 'jane-again',
        at: new Date(at(5)).toISOString(),
      },
    ]);
    const kinds = person.identityHistory.edges.map(({ node }: Answer) => [node.kind, node.item]);
    expect(kinds).toContainEqual(['SPLIT', 'john-login']);
    expect(kinds).toContainEqual(['MERGED', 'jane-again']);
    expect(kinds).toContainEqual(['LINK_DROPPED', 'john-login']);
  });

  test('P-9 each change of a profile is announced once, its revisions without gaps, and rebuilt where the past changed', async () => {
    for (const changes of (await profile.changes()).values()) {
      expect(changes.map(({ revision }) => revision)).toEqual(changes.map((_, index) => index + 1));
    }
    const ofJane = (await profile.changes()).get((await jane()).id) ?? [];
    expect(ofJane.map(({ rebuilt = false, cause }) => [rebuilt, cause.kind])).toEqual([
      [false, 'EVENT'],
      [false, 'EVENT'],
      [true, 'SPLIT'],
      [true, 'MERGE'],
    ]);
  });
});

test('P-9 of links of one time the one of better priority is replayed first', async () => {
  await profile.ingest('web', event('a', NOW_MS + 1, who({ ECID: ecid(300), Email: 'tie@example.test' })));
  await profile.ingest('web', event('b', NOW_MS, who({ CRMID: 'tie-1', ECID: ecid(300) })));
  await profile.ingest('web', event('c', NOW_MS, who({ CRMID: 'tie-2', Email: 'tie@example.test' })));
  expect((await profile.find('ECID', ecid(300))).id).toBe((await profile.find('CRMID', 'tie-2')).id);
  expect(names(await profile.find('CRMID', 'tie-1'))).toEqual(['tie-1']);
});

describe('P-8 namespaces', () => {
  test('P-8 the standard ones are listed, a put takes the place of one, a delete brings it back', async () => {
    const list = async () =>
      (await profile.get('{ namespaces { edges { node { id priority unique version } } } }')).namespaces.edges.map(
        ({ node }: Answer) => node,
      );
    const standard = ['CRMID 1', 'Email 2', 'Email_LC_SHA256 2', 'GAID 4', 'IDFA 4', 'Phone_E164 3', 'Phone_SHA256 3'];
    const told = (await list()).map(({ id, priority }: Answer) => `${id} ${priority}`);
    expect(told.sort()).toEqual([...standard, 'ECID 5'].sort());
    expect((await list()).filter(({ unique }: Answer) => unique)).toEqual([
      { id: 'CRMID', priority: 1, unique: true, version: 0 },
    ]);
    const put = 'mutation { putNamespace(input: { id: "GAID", type: DEVICE, priority: 7 }) { version } }';
    expect(await profile.get(put)).toEqual({ putNamespace: { version: 1 } });
    expect(await list()).toContainEqual({ id: 'GAID', priority: 7, unique: false, version: 1 });
    await profile.get('mutation { deleteNamespace(id: "GAID") { id } }');
    expect(await list()).toContainEqual({ id: 'GAID', priority: 4, unique: false, version: 0 });
  });

  test('P-8 a hashed namespace follows from its plain one, so that hashed audiences meet the people they mean', async () => {
    const address = ' Ada@Example.test';
    await profile.ingest('web', event('a', NOW_MS, who({ Email: address, Phone_E164: '+41791234567' })));
    const plain = await profile.find('Email', address);
    expect((await profile.find('Email_LC_SHA256', sha256('ada@example.test'))).id).toBe(plain.id);
    expect((await profile.find('Email_LC_SHA256', sha256('ada@example.test').toUpperCase())).id).toBe(plain.id);
    expect((await profile.find('Phone_SHA256', sha256('+41791234567'))).id).toBe(plain.id);
  });

  test('P-8 values are normalized only where the namespace says so', async () => {
    await profile.ingest('web', event('a', NOW_MS, who({ Email: 'Case@Example.test' })));
    expect(await profile.find('Email', 'case@example.test')).toBeNull();
    await profile.get(`mutation {
      putNamespace(input: { id: "Login", type: EMAIL, priority: 2, normalization: LOWER_CASE }) { id }
      phone: putNamespace(input: { id: "Mobile", type: PHONE, priority: 3, normalization: E164 }) { id }
    }`);
    await profile.ingest('web', event('a', NOW_MS, who({ Login: ' Case@Example.test ', Mobile: '0041 79 123-45-67' })));
    expect(names(await profile.find('Login', 'CASE@example.test'))).toEqual(['+41791234567', 'case@example.test']);
    expect((await profile.find('Mobile', '+41 79 123 45 67')).id).toBeTruthy();
    const { results } = await profile.ingest('web', event('a', NOW_MS, who({ Mobile: 'call me' })));
    expect(results[0]).toMatchObject({
      status: 'REJECTED',
      code: 'INVALID_IDENTITY',
      path: 'identityMap.Mobile[0].id',
    });
  });

  test.each(['null', 'anonymous', '0', '', '   ', 'undefined', 'NULL', ' Anonymous '])(
    'P-7 the value %p names nobody and is refused',
    async (value) => {
      const { results } = await profile.ingest('web', event('a', NOW_MS, who({ CRMID: value })));
      expect(results[0]).toMatchObject({ status: 'REJECTED', code: 'INVALID_IDENTITY' });
    },
  );

  test.each([
    [[], 'MALFORMED', 'identityMap'],
    [{ CRMID: 'x' }, 'MALFORMED', 'identityMap.CRMID'],
    [{ CRMID: ['x'] }, 'MALFORMED', 'identityMap.CRMID[0]'],
    [{ CRMID: [{ id: 7 }] }, 'INVALID_IDENTITY', 'identityMap.CRMID[0].id'],
    [{ CRMID: [{ id: 'x', primary: 'yes' }] }, 'MALFORMED', 'identityMap.CRMID[0].primary'],
    [{ CRMID: [{ id: 'x', authenticatedState: 'maybe' }] }, 'MALFORMED', 'identityMap.CRMID[0].authenticatedState'],
    [{ CRMID: [{ id: 'a\u0000b' }] }, 'INVALID_IDENTITY', 'identityMap.CRMID[0].id'],
  ])('P-1 the identityMap %j is refused, with the path of what is wrong', async (identityMap, code, path) => {
    const { results } = await profile.ingest('web', event('a', NOW_MS, { identityMap }));
    expect(results[0]).toMatchObject({ status: 'REJECTED', code, path });
  });

  test('P-4 an ECID is exactly 38 digits', async () => {
    for (const value of ['1', `${ecid(1)}0`, ecid(1).replace(/^0/, 'a')]) {
      const { results } = await profile.ingest('web', event('a', NOW_MS, who({ ECID: value })));
      expect(results[0]).toMatchObject({ code: 'INVALID_IDENTITY', path: 'identityMap.ECID[0].id' });
    }
  });

  test('P-8 codes are case-sensitive: an unknown namespace is refused in an item, and BAD_USER_INPUT in a look-up', async () => {
    const { results } = await profile.ingest('web', event('a', NOW_MS, who({ crmid: 'C' })));
    expect(results[0]).toMatchObject({ code: 'UNKNOWN_NAMESPACE', path: 'identityMap.crmid' });
    await expect(profile.find('crmid', 'C')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('P-9 an event belongs to its primary identity, else to the one of best priority', async () => {
    const map = (primary: boolean) => ({
      identityMap: { CRMID: [{ id: 'owner' }], ECID: [{ id: ecid(200), primary }] },
    });
    await profile.ingest('web', { ...event('a', NOW_MS, map(true)), _id: 'of-browser' });
    await profile.ingest('web', { ...event('a', NOW_MS, map(false)), _id: 'of-person' });
    await profile.ingest('web', event('a', NOW_MS + 1, who({ CRMID: 'other', ECID: ecid(200) })));
    expect(eventIds(await profile.find('CRMID', 'owner'))).toEqual(['of-person']);
    expect(eventIds(await profile.find('CRMID', 'other'))).toContain('of-browser');
  });
});
