import { expect, test } from '@jest/globals';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { ingestAll } from '../support/people';
import { event, identityMap, publish, SEGMENTS } from '../support/shop';

const HOUR_MS = 3_600_000;
const CHANGES = `subscription ($after: String) {
  segmentQualificationChanged(segments: ["cart-abandoners"], after: $after) {
    cursor profileId segmentId status at cause { kind reference }
    profile { id attributes segments { segment { id } } }
    segment { id name }
  }
}`;
const LOG = `query ($after: String) {
  segmentQualifications(after: $after, segments: ["cart-abandoners"]) {
    edges { cursor node { cursor profileId status at cause { kind } } } pageInfo { hasNextPage endCursor }
  }
}`;

describeEveryMode('Segments in time', (attune) => {
  test('the segment is published', () => publish(attune, 'cart-abandoners', SEGMENTS['cart-abandoners']));

  test('S-12 a subscriber hears of an entry, completed by the other subgraphs', async () => {
    const stream = await attune.subscribe({ query: CHANGES, key: KEYS.server });
    const next = stream.next();
    const added = event('commerce.cartAdds', attune.now(), { identityMap: identityMap('CRMID', 'T-1') });
    await ingestAll(attune, 'web', [added]);
    const { value } = await next;
    await stream.return?.();
    expect(value.errors).toBeUndefined();
    expect(value.data.segmentQualificationChanged).toMatchObject({
      segmentId: 'cart-abandoners',
      status: 'REALIZED',
      cause: { kind: 'EVENT', reference: `web|${added._id}` },
      segment: { id: 'cart-abandoners', name: 'cart-abandoners' },
      profile: { attributes: {}, segments: [{ segment: { id: 'cart-abandoners' } }] },
    });
  });

  test('S-7 at 3 h 1 s the exit happens once, with no event, and a query is exact before it is announced', async () => {
    const crmid = 'T-2';
    const enteredAt = attune.now();
    await ingestAll(attune, 'web', [
      event('commerce.cartAdds', enteredAt, { identityMap: identityMap('CRMID', crmid) }),
    ]);
    await attune.idle();
    const cursor = await lastCursor(attune);
    expect(await segmentsOf(attune, crmid)).toEqual(['cart-abandoners']);

    await attune.moveTo(enteredAt + 3 * HOUR_MS + 1_000);

    expect(await segmentsOf(attune, crmid)).toEqual([]);
    const { edges } = (await attune.data(LOG, { after: cursor }, KEYS.server)).segmentQualifications;
    const own = edges.filter(
      ({ node }: { node: { profileId: string } }) => node.profileId === edges.at(-1).node.profileId,
    );
    expect(own).toHaveLength(1);
    expect(own[0].node).toMatchObject({ status: 'EXITED', cause: { kind: 'TIME' } });
    expect(Date.parse(own[0].node.at)).toBeGreaterThanOrEqual(enteredAt + 3 * HOUR_MS);
    expect(Date.parse(own[0].node.at)).toBeLessThanOrEqual(enteredAt + 3 * HOUR_MS + 1_000);
  });

  test('S-11 S-12 a client that comes back with its cursor misses nothing and sees nothing twice', async () => {
    const cursor = await lastCursor(attune);
    const crmids = ['T-3', 'T-4', 'T-5'];
    const at = attune.now();
    for (const crmid of crmids) {
      await ingestAll(attune, 'web', [event('commerce.cartAdds', at, { identityMap: identityMap('CRMID', crmid) })]);
    }
    await ingestAll(attune, 'web', [event('commerce.purchases', at + 1, { identityMap: identityMap('CRMID', 'T-4') })]);
    await attune.moveTo(at + 10);

    const stream = await attune.subscribe({ query: CHANGES, variables: { after: cursor }, key: KEYS.server });
    const seen: { profileId: string; status: string; cursor: string }[] = [];
    while (seen.length < 4) seen.push((await stream.next()).value.data.segmentQualificationChanged);
    await stream.return?.();
    expect(seen.filter(({ status }) => status === 'REALIZED')).toHaveLength(3);
    expect(new Set(seen.map((one) => `${one.profileId} ${one.status}`)).size).toBe(4);

    const again = await attune.subscribe({ query: CHANGES, variables: { after: seen[1]?.cursor }, key: KEYS.server });
    const rest = [];
    while (rest.length < 2) rest.push((await again.next()).value.data.segmentQualificationChanged);
    await again.return?.();
    expect(rest).toEqual(seen.slice(2));
  });

  test('S-6 S-10 a new segment is filled over everyone, and each membership tells its cause', async () => {
    await publish(attune, 'cart-ever', 'xEvent[eventType = "commerce.cartAdds"].count() >= 1');
    const { segment } = await attune.data(
      `{ segment(id: "cart-ever") {
        status version evaluation { method reasons } counts { realized exited } backfill { done }
        members(first: 2) { edges { node { id } } pageInfo { hasNextPage } }
      } }`,
    );
    expect(segment).toMatchObject({
      status: 'PUBLISHED',
      version: 1,
      evaluation: { method: 'STREAMING' },
      counts: { realized: 5, exited: 0 },
      backfill: null,
      members: { pageInfo: { hasNextPage: true } },
    });
    expect(segment.members.edges).toHaveLength(2);
    const { profile } = await attune.data(
      '{ profile(identity: { namespace: "CRMID", value: "T-1" }) { segments(ids: ["cart-ever"]) { segmentVersion cause { kind } } } }',
    );
    expect(profile.segments).toEqual([{ segmentVersion: 1, cause: { kind: 'RULE' } }]);
  });

  test('S-8 S-11 when two become one, the one that ends announces its exits and the one that stays its gains', async () => {
    const at = attune.now();
    await ingestAll(attune, 'web', [event('web.pageView', at, { identityMap: identityMap('CRMID', 'M-1') })]);
    await ingestAll(attune, 'web', [
      event('commerce.cartAdds', at, { identityMap: identityMap('ECID', '7'.repeat(38)) }),
    ]);
    await attune.idle();
    const [older, younger] = await Promise.all([idOf(attune, 'CRMID', 'M-1'), idOf(attune, 'ECID', '7'.repeat(38))]);
    const cursor = await lastCursor(attune);

    const both = { ...identityMap('CRMID', 'M-1'), ...identityMap('ECID', '7'.repeat(38)) };
    await ingestAll(attune, 'web', [event('web.login', at, { identityMap: both })]);
    await attune.idle();

    const { edges } = (await attune.data(LOG, { after: cursor }, KEYS.server)).segmentQualifications;
    const changes = edges.map(({ node }: { node: Record<string, unknown> }) => [node.profileId, node.status]);
    expect(changes).toHaveLength(2);
    expect(changes).toEqual(
      expect.arrayContaining([
        [younger, 'EXITED'],
        [older, 'REALIZED'],
      ]),
    );
    for (const { node } of edges) expect(node.cause.kind).toBe('MERGE');
    expect(await segmentsOf(attune, 'M-1')).toContain('cart-abandoners');
  });
});

async function lastCursor(attune: AttuneUnderTest): Promise<string | null> {
  let after: string | null = null;
  for (;;) {
    const answer = await attune.data(LOG, { after }, KEYS.server);
    const pageInfo: { endCursor: string | null; hasNextPage: boolean } = answer.segmentQualifications.pageInfo;
    after = pageInfo.endCursor ?? after;
    if (!pageInfo.hasNextPage) return after;
  }
}

async function idOf(attune: AttuneUnderTest, namespace: string, value: string): Promise<string> {
  return (
    await attune.data('query ($identity: IdentityInput!) { profile(identity: $identity) { id } }', {
      identity: { namespace, value },
    })
  ).profile.id;
}

async function segmentsOf(attune: AttuneUnderTest, crmid: string): Promise<readonly string[]> {
  const { profile } = await attune.data(
    'query ($identity: IdentityInput!) { profile(identity: $identity) { segments { segment { id } } } }',
    { identity: { namespace: 'CRMID', value: crmid } },
    KEYS.server,
  );
  return profile.segments.map(({ segment }: { segment: { id: string } }) => segment.id);
}
