import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, ecid, event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

const record = (id: string, second: number | undefined, fields: object) => ({
  ...who({ CRMID: id }),
  ...(second === undefined ? {} : { timestamp: new Date(NOW_MS + second * 1000).toISOString() }),
  ...fields,
});
const attributes = async (id: string, paths?: readonly string[]) =>
  (
    await profile.get('query ($i: IdentityInput!, $p: [String!]) { profile(identity: $i) { attributes(paths: $p) } }', {
      i: { namespace: 'CRMID', value: id },
      p: paths,
    })
  ).profile.attributes;

describe('P-5 attributes', () => {
  test('P-5 the newest wins by the time of the source, not by arrival', async () => {
    await profile.ingest('crm', record('A1', 10, { tier: 'gold' }), record('A1', 5, { tier: 'silver', city: 'Bern' }));
    expect(await attributes('A1')).toEqual({ tier: 'gold', city: 'Bern' });
  });

  test('P-5 without a time of its own the later arrival wins, also within one call', async () => {
    await profile.ingest('crm', record('A2', undefined, { tier: 'gold' }), record('A2', undefined, { tier: 'silver' }));
    expect(await attributes('A2')).toEqual({ tier: 'silver' });
    await profile.ingest('crm', record('A2', undefined, { tier: 'gold' }));
    expect(await attributes('A2')).toEqual({ tier: 'gold' });
  });

  test('P-5 objects merge field by field, lists and scalars as a whole, null clears', async () => {
    await profile.ingest('crm', record('A3', 1, { a: { b: 1, c: { d: 2 } }, list: [1, 2], gone: 1 }));
    await profile.ingest('crm', record('A3', 2, { a: { c: { e: 3 } }, list: [3], gone: null }));
    expect(await attributes('A3')).toEqual({ a: { b: 1, c: { d: 2, e: 3 } }, list: [3] });
    await profile.ingest('crm', record('A3', 3, { a: 'scalar' }));
    expect(await attributes('A3')).toEqual({ a: 'scalar', list: [3] });
    await profile.ingest('crm', record('A3', 4, { a: { z: 1 } }));
    expect(await attributes('A3')).toEqual({ a: { z: 1 }, list: [3] });
    await profile.ingest('crm', record('A3', 5, { a: null }));
    expect(await attributes('A3')).toEqual({ list: [3] });
  });

  test('P-5 a record that is sent again is a duplicate; one that changed under its id is news', async () => {
    const first = record('A4', undefined, { _id: 'row-1', tier: 'gold' });
    expect(await profile.ingest('crm', first, first)).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await profile.ingest('crm', first)).toMatchObject({ duplicates: 1 });
    expect(await profile.ingest('crm', { ...first, tier: 'silver' })).toMatchObject({ accepted: 1 });
    expect(await attributes('A4')).toEqual({ tier: 'silver' });
  });

  test('P-14 paths select, down to elements of lists', async () => {
    await profile.ingest(
      'crm',
      record('A5', 1, { a: { b: 1, c: 2 }, orders: [{ sku: 'x', n: 1 }, { sku: 'y' }], 'dotted.name': 7 }),
    );
    expect(await attributes('A5', ['a.b', 'nothing.here'])).toEqual({ a: { b: 1 } });
    expect(await attributes('A5', ['orders[0].sku'])).toEqual({ orders: [{ sku: 'x' }] });
    expect(await attributes('A5', ['dotted\\.name'])).toEqual({ 'dotted.name': 7 });
    expect(await attributes('A5', [])).toEqual({});
  });

  test('P-13 attributeSources says where each value came from', async () => {
    await profile.ingest(
      'crm',
      record('A6', 1, { _id: 'r1', a: { b: 1, c: 1 } }),
      record('A6', 2, { _id: 'r2', a: { c: 2 } }),
    );
    const { attributeSources } = await profile.find(
      'CRMID',
      'A6',
      'attributeSources(paths: ["a"]) { path dataset item at }',
    );
    expect(attributeSources).toEqual([
      { path: 'a.b', dataset: 'crm', item: 'r1', at: new Date(NOW_MS + 1000).toISOString() },
      { path: 'a.c', dataset: 'crm', item: 'r2', at: new Date(NOW_MS + 2000).toISOString() },
    ]);
  });

  test('names like __proto__ do no harm', async () => {
    const body = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "fine": 1}');
    await profile.ingest('crm', { ...who({ CRMID: 'A7' }), ...body });
    expect(await attributes('A7')).toMatchObject({ fine: 1 });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('P-13 merge policies', () => {
  test('P-13 a policy changes the view at once: precedence of datasets, and identities each on its own', async () => {
    const put = (kind: string, input: object) =>
      profile.get(`mutation ($i: ${kind}Input!) { put${kind}(input: $i) { id } }`, { i: input });
    await put('Dataset', { id: 'shop', kind: 'RECORDS' });
    await profile.ingest('crm', {
      ...who({ CRMID: 'M1', Email: 'm1@example.test' }),
      tier: 'gold',
      from: 'crm',
      timestamp: '2026-01-01',
    });
    await profile.ingest('shop', {
      ...who({ Email: 'm1@example.test' }),
      tier: 'silver',
      shoe: 42,
      timestamp: '2026-01-02',
    });
    const view = async (policy?: string) =>
      (
        await profile.get(
          'query ($p: ID) { profile(identity: { namespace: "Email", value: "m1@example.test" }, mergePolicy: $p) { attributes identities { value } } }',
          { p: policy },
        )
      ).profile;
    expect((await view()).attributes).toEqual({ tier: 'silver', from: 'crm', shoe: 42 });
    await put('MergePolicy', { id: 'crm-first', attributes: 'DATASET_PRECEDENCE', datasetPrecedence: ['crm', 'shop'] });
    await put('MergePolicy', { id: 'crm-only', attributes: 'DATASET_PRECEDENCE', datasetPrecedence: ['crm'] });
    await put('MergePolicy', { id: 'apart', identityGraph: 'NONE' });
    expect((await view('crm-first')).attributes).toEqual({ tier: 'gold', from: 'crm', shoe: 42 });
    expect((await view('crm-only')).attributes).toEqual({ tier: 'gold', from: 'crm' });
    expect(await view('apart')).toEqual({
      attributes: { tier: 'silver', shoe: 42 },
      identities: [{ value: 'm1@example.test' }],
    });
    await put('MergePolicy', {
      id: 'crm-first',
      attributes: 'DATASET_PRECEDENCE',
      datasetPrecedence: ['crm', 'shop'],
      default: true,
    });
    expect((await view()).attributes).toEqual({ tier: 'gold', from: 'crm', shoe: 42 });
    await put('MergePolicy', {
      id: 'crm-only',
      attributes: 'DATASET_PRECEDENCE',
      datasetPrecedence: ['crm'],
      default: true,
    });
    expect((await view()).attributes).toEqual({ tier: 'gold', from: 'crm' });
    await put('MergePolicy', { id: 'crm-only', attributes: 'DATASET_PRECEDENCE', datasetPrecedence: ['crm'] });
    expect((await view()).attributes).toEqual({ tier: 'silver', from: 'crm', shoe: 42 });
  });

  test('P-13 by time the newest of all datasets holds, whichever it is, and each view tells its own sources', async () => {
    const put = (kind: string, input: object) =>
      profile.get(`mutation ($i: ${kind}Input!) { put${kind}(input: $i) { id } }`, { i: input });
    await put('Dataset', { id: 'archive', kind: 'RECORDS' });
    await put('Dataset', { id: 'zoo', kind: 'RECORDS' });
    const datasetPrecedence = ['zoo', 'archive'];
    await put('MergePolicy', { id: 'zoo-first', attributes: 'DATASET_PRECEDENCE', datasetPrecedence });
    await profile.ingest('archive', record('M2', 2, { _id: 'new', tier: 'gold' }));
    await profile.ingest('zoo', record('M2', 1, { _id: 'old', tier: 'iron' }));
    const view = async (policy?: string) =>
      (
        await profile.get(
          'query ($p: ID) { profile(identity: { namespace: "CRMID", value: "M2" }, mergePolicy: $p) { attributes attributeSources { item } } }',
          { p: policy },
        )
      ).profile;
    expect(await view()).toEqual({ attributes: { tier: 'gold' }, attributeSources: [{ item: 'new' }] });
    expect(await view('zoo-first')).toEqual({ attributes: { tier: 'iron' }, attributeSources: [{ item: 'old' }] });
  });

  test('S-9 a policy that a segment names is not deleted, and the refusal lists the users', async () => {
    let users = ['segment:gold'];
    const own = await openProfile({ policyUsers: () => [{ usersOfPolicy: async () => users }] });
    await own.get('mutation { putMergePolicy(input: { id: "used" }) { id } }');
    const remove = () => own.get('mutation { deleteMergePolicy(id: "used") { id } }');
    await expect(remove()).rejects.toMatchObject({ code: 'CONFLICT', details: { usedBy: users } });
    users = [];
    expect(await remove()).toEqual({ deleteMergePolicy: { id: 'used' } });
    await own.close();
  });

  test('P-13 an unknown policy, and one that contradicts itself, are BAD_USER_INPUT', async () => {
    await expect(
      profile.get('{ profile(identity: { namespace: "CRMID", value: "A1" }, mergePolicy: "none") { id } }'),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'mergePolicy' } });
    await expect(
      profile.get('mutation { putMergePolicy(input: { id: "x", attributes: DATASET_PRECEDENCE }) { id } }'),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'datasetPrecedence' } });
  });
});

describe('P-14 events', () => {
  const page = async (args: string, variables: object = {}): Promise<Answer> =>
    (
      await profile.get(
        `query ${args.includes('$after') ? '($after: String)' : ''} { profile(identity: { namespace: "CRMID", value: "E" }) { events(${args}) {
          edges { cursor node { id dataset timestamp eventType data } } pageInfo { hasNextPage endCursor } } } }`,
        variables,
      )
    ).profile.events;
  const ids = ({ edges }: Answer) => edges.map(({ node }: Answer) => node.id);

  beforeAll(async () => {
    const events = Array.from({ length: 12 }, (_, index) => ({
      ...event(
        index % 3 === 0 ? 'buy' : 'view',
        NOW_MS + Math.floor(index / 2) * 1000,
        who(index % 2 ? { CRMID: 'E' } : { ECID: ecid(77) }),
      ),
      _id: `n${String(index).padStart(2, '0')}`,
    }));
    await profile.ingest('web', ...events);
    await profile.ingest('web', { ...event('link', NOW_MS - 1, who({ CRMID: 'E', ECID: ecid(77) })), _id: 'link' });
  });

  test('P-14 pages are newest first over all identities, without gap or repetition, while events arrive', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let round = 0; ; round += 1) {
      const { edges, pageInfo }: Answer = await page('first: 5, after: $after', { after });
      seen.push(...edges.map(({ node }: Answer) => node.id));
      await profile.ingest('web', {
        ...event('late', NOW_MS + 60_000 + round, who({ CRMID: 'E' })),
        _id: `late-${round}`,
      });
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    const expected = [...Array.from({ length: 12 }, (_, index) => `n${String(11 - index).padStart(2, '0')}`), 'link'];
    expect(seen).toEqual(expected);
  });

  test('P-14 they are filtered by type and time', async () => {
    const at = (second: number) => new Date(NOW_MS + second * 1000).toISOString();
    expect(ids(await page('types: ["buy"]'))).toEqual(['n09', 'n06', 'n03', 'n00']);
    expect(ids(await page('types: ["buy"], first: 1'))).toEqual(['n09']);
    expect(ids(await page(`from: "${at(2)}", to: "${at(4)}"`))).toEqual(['n07', 'n06', 'n05', 'n04']);
    expect(ids(await page('types: ["nothing"]'))).toEqual([]);
    expect(ids(await page('first: 0'))).toEqual([]);
  });

  test('P-14 an event is shown as it was sent', async () => {
    const sent = event('buy', NOW_MS + 100_000, { ...who({ CRMID: 'E' }), deep: { list: [1, { a: null }] } });
    await profile.ingest('web', sent);
    const [edge] = (await page('first: 1')).edges;
    expect(edge.node).toEqual({
      id: sent._id,
      dataset: 'web',
      timestamp: sent.timestamp,
      eventType: 'buy',
      data: sent,
    });
  });

  test('P-14 a cursor that is none, and a negative page, are BAD_USER_INPUT', async () => {
    await expect(page('after: "nonsense"')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(page('first: -1')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('the port for the other subgraphs', () => {
  test('S-4a views are by a named policy: one of a person, or one of each identity; none by a policy that there is not', async () => {
    const { reader } = profile.subgraph;
    await profile.ingest('crm', record('VIEWED', 1, { tier: 'gold', ...who({ CRMID: 'VIEWED', ECID: ecid(4711) }) }));
    await profile.ingest('web', event('a', NOW_MS, who({ ECID: ecid(4711) })));
    for (const input of [
      '{ id: "listed", attributes: DATASET_PRECEDENCE, datasetPrecedence: ["web"] }',
      '{ id: "each", identityGraph: NONE }',
    ])
      await profile.get(`mutation { putMergePolicy(input: ${input}) { id } }`);
    const { id } = await profile.find('CRMID', 'VIEWED');
    const viewsBy = async (policy: string) => {
      const [one = [], none = []] = (await reader.views?.('default', policy, [id, 'nobody'])) ?? [];
      expect(none).toEqual([]);
      return one.map(({ attributes, events, identities }) => [attributes, events.length, identities.length]);
    };
    expect(await viewsBy('listed')).toEqual([[{}, 1, 2]]);
    expect(await viewsBy('each')).toEqual([
      [{ tier: 'gold' }, 0, 1],
      [{}, 1, 1],
    ]);
    expect(await viewsBy('none')).toEqual([]);
    expect(await reader.policies?.('default')).toMatchObject({ ids: expect.arrayContaining(['listed', 'each']) });
  });

  test('changes since a revision come without gaps, and are undefined when not all are kept', async () => {
    const { reader } = profile.subgraph;
    for (let index = 0; index < 5; index += 1)
      await profile.ingest('web', event('a', NOW_MS + index, who({ CRMID: 'port' })));
    const ref = await reader.find('default', { namespace: 'CRMID', value: 'port' });
    if (!ref) throw new Error('The person is known.');
    expect(ref.revision).toBe(5);
    expect((await reader.changes('default', { ...ref, revision: 2 }))?.map(({ revision }) => revision)).toEqual([
      3, 4, 5,
    ]);
    expect(await reader.changes('default', ref)).toEqual([]);
    await profile.store.log.trim(profile.clock.now() + 1);
    expect(await reader.changes('default', { ...ref, revision: 2 })).toBeUndefined();
    expect(await reader.find('default', { namespace: 'Nowhere', value: 'x' })).toBeUndefined();
  });

  test('an entity is found by its key, also by the id of a profile that ended', async () => {
    await profile.ingest(
      'web',
      event('a', NOW_MS, who({ CRMID: 'F1' })),
      event('a', NOW_MS, who({ Email: 'f1@example.test' })),
    );
    const [one, other] = [await profile.find('CRMID', 'F1'), await profile.find('Email', 'f1@example.test')];
    await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'F1', Email: 'f1@example.test' })));
    const { _entities: found } = await profile.get(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { id revision decisionFacts } } }',
      { r: [one.id, other.id, 'nobody'].map((id) => ({ __typename: 'Profile', id, revision: 1 })) },
    );
    const stays = (await profile.find('CRMID', 'F1')).id;
    expect(found.map((entity: Answer) => entity?.id)).toEqual([stays, stays, undefined]);
  });
});
