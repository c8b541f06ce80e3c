import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, ecid, event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile({ limits: { identitiesPerGraph: 5 } });
});
afterAll(() => profile.close());

const seen = (id: string, atMs: number, identities: Parameters<typeof who>[0]) => ({
  ...event('a', NOW_MS + atMs, who(identities)),
  _id: id,
});
const FIELDS = 'kind cause dataset item reference identities profileId';
const historyOf = async (namespace: string, value: string, first = 50): Promise<Answer[]> => {
  const { identityHistory } = await profile.find(
    namespace,
    value,
    `identityHistory(first: ${first}) { edges { node { ${FIELDS} } } }`,
  );
  return identityHistory.edges.map(({ node }: Answer) => node);
};
const ITEM = { cause: 'ITEM', dataset: 'web', reference: null };

describe('P-10 the history of identities', () => {
  test('P-10 merges of one call each name the item that caused them', async () => {
    for (const name of ['a1', 'a2', 'b1', 'b2']) await profile.ingest('web', seen(name, 0, { IDFA: name }));
    const join = (id: string, ...names: string[]) => seen(id, 1, { IDFA: names });
    await profile.ingest('web', join('join-a', 'a1', 'a2'), join('join-b', 'b1', 'b2'));
    expect(await historyOf('IDFA', 'a1')).toEqual([
      expect.objectContaining({ kind: 'MERGED', ...ITEM, item: 'join-a' }),
    ]);
    expect(await historyOf('IDFA', 'b1')).toEqual([
      expect.objectContaining({ kind: 'MERGED', ...ITEM, item: 'join-b' }),
    ]);
    await profile.ingest('web', join('join-both', 'a1', 'b1'), seen('beside', 3, { IDFA: 'a1', GAID: 'a-phone' }));
    const items = (await historyOf('IDFA', 'a1')).map(({ item }) => item);
    expect(items.toSorted()).toEqual(['join-a', 'join-b', 'join-both']);
  });

  test('P-10 a cut is told as one, on both sides', async () => {
    await profile.ingest('web', seen('c', 0, { CRMID: 'cut', IDFA: 'cut-phone' }));
    await profile.get(
      'mutation { unlinkIdentity(profile: { namespace: "CRMID", value: "cut" }, identity: { namespace: "IDFA", value: "cut-phone" }) { profile { id } } }',
    );
    const changes = await historyOf('CRMID', 'cut');
    expect(changes.map(({ kind, cause, identities }) => [kind, cause, identities])).toEqual(
      expect.arrayContaining([
        ['CUT', 'UNLINK', ['IDFA|cut-phone']],
        ['SPLIT', 'UNLINK', ['IDFA|cut-phone']],
      ]),
    );
  });

  test('P-6 P-10 a split names the batch that was taken back', async () => {
    await profile.ingest('web', seen('s1', 0, { CRMID: 'back' }), seen('s2', 0, { IDFA: 'back-phone' }));
    const { startBatch } = await profile.get('mutation { startBatch(dataset: "web") { id } }');
    await profile.get(
      'mutation ($b: ID!, $e: [JSONObject!]!) { ingestEvents(dataset: "web", events: $e, batch: $b) { accepted } }',
      { b: startBatch.id, e: [seen('s3', 1, { CRMID: 'back', IDFA: 'back-phone' })] },
    );
    await profile.get('mutation ($b: ID!) { completeBatch(id: $b) { id } }', { b: startBatch.id });
    await profile.get('mutation ($b: ID!) { revertBatch(id: $b) { id } }', { b: startBatch.id });
    const [last, before] = await historyOf('CRMID', 'back');
    expect(last).toMatchObject({ kind: 'SPLIT', cause: 'BATCH', reference: startBatch.id, item: null });
    expect(before).toMatchObject({ kind: 'MERGED', ...ITEM, item: 's3' });
  });

  test('P-8 P-10 a split names the configuration that changed', async () => {
    await profile.ingest(
      'web',
      seen('n1', 0, { CRMID: 'named', GAID: 'g1' }),
      seen('n2', 1, { CRMID: 'named', GAID: 'g2' }),
    );
    await profile.get(
      'mutation { putNamespace(input: { id: "GAID", type: DEVICE, priority: 4, unique: true }) { id } }',
    );
    await profile.subgraph.idle();
    expect(await historyOf('CRMID', 'named')).toContainEqual(
      expect.objectContaining({
        kind: 'SPLIT',
        cause: 'CONFIGURATION',
        reference: 'namespaces',
        identities: ['GAID|g1'],
      }),
    );
  });

  test('P-10 what happened to a profile that ended is read with the one that it became part of, page by page', async () => {
    await profile.ingest(
      'web',
      seen('e1', 0, { Email: 'e1@example.test' }),
      seen('e2', 1, { CRMID: 'e2', IDFA: 'e-phone' }),
    );
    await profile.ingest('web', seen('e3', 2, { CRMID: 'e3', IDFA: 'e-phone' }));
    await profile.ingest('web', seen('e4', 3, { CRMID: 'e2', Email: 'e1@example.test' }));
    const all = await historyOf('CRMID', 'e2');
    expect(all.map(({ kind, item }) => [kind, item])).toEqual(
      expect.arrayContaining([
        ['MERGED', 'e4'],
        ['SPLIT', 'e3'],
        ['LINK_DROPPED', 'e3'],
      ]),
    );
    const pages: Answer[] = [];
    for (let after: string | null = null; ; ) {
      const { identityHistory }: Answer = (
        await profile.get(
          `query ($after: String) { profile(identity: { namespace: "CRMID", value: "e2" }) { identityHistory(first: 2, after: $after) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } } }`,
          { after },
        )
      ).profile;
      pages.push(...identityHistory.edges.map(({ node }: Answer) => node));
      after = identityHistory.pageInfo.endCursor;
      if (!identityHistory.pageInfo.hasNextPage) break;
    }
    expect(pages).toEqual(all);
  });
});

describe('P-12 a graph at its limit', () => {
  test('P-12 says which identities it dropped also where all came in the first call', async () => {
    const items = Array.from({ length: 6 }, (_, index) =>
      seen(`l${index}`, index, { CRMID: 'full', ECID: ecid(900 + index) }),
    );
    await profile.ingest('web', ...items);
    const dropped = (await historyOf('CRMID', 'full')).filter(({ kind }) => kind === 'IDENTITY_DROPPED');
    expect(dropped.map(({ identities }) => identities).toSorted()).toEqual(
      [0, 1].map((index) => [`ECID|${ecid(900 + index)}`]),
    );
  });

  test('P-12 says it of one that is too old to come in at all', async () => {
    await profile.ingest('web', seen('too-old', -5000, { CRMID: 'full', ECID: ecid(899) }));
    const [last] = await historyOf('CRMID', 'full');
    expect(last).toMatchObject({
      kind: 'IDENTITY_DROPPED',
      ...ITEM,
      item: 'too-old',
      identities: [`ECID|${ecid(899)}`],
    });
    expect((await profile.find('ECID', ecid(899))).isAnonymous).toBe(true);
  });

  test('P-9 a link that is dropped in the first call is told as well', async () => {
    await profile.ingest(
      'web',
      seen('d1', 0, { CRMID: 'first', IDFA: 'd-phone' }),
      seen('d2', 1, { CRMID: 'second', IDFA: 'd-phone' }),
    );
    expect(await historyOf('CRMID', 'first')).toEqual([
      expect.objectContaining({ kind: 'LINK_DROPPED', identities: ['CRMID|first', 'IDFA|d-phone'] }),
    ]);
  });
});
