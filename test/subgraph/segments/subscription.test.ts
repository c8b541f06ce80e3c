import { beforeEach, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { describeSegments, did, HOUR_MS, NOW_MS, type SegmentsFixture } from './segments-fixture';

interface Told {
  readonly cursor: string;
  readonly profileId: string;
  readonly segmentId: string;
  readonly status: string;
  readonly cause: { readonly kind: string };
}

interface Pulled {
  readonly segmentQualifications: {
    readonly edges: readonly { readonly cursor: string; readonly node: Told }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

describeSegments('qualifications', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    await fixture.putSegment('active', 'xEvent[timestamp occurs < 3 hours before now].count() >= 1');
  });
  const toTold = ({ value, done }: IteratorResult<ExecutionResult>): Told => {
    if (done) throw new Error('It ended.');
    if (value.errors?.[0]) throw value.errors[0];
    return (value.data as { segmentQualificationChanged: Told }).segmentQualificationChanged;
  };
  const take = async (stream: AsyncIterator<ExecutionResult>, count: number): Promise<Told[]> => {
    const told: Told[] = [];
    while (told.length < count) told.push(toTold(await stream.next()));
    return told;
  };
  const short = ({ profileId, segmentId, status }: Told) =>
    `${profileId} ${status === 'REALIZED' ? '+' : '-'}${segmentId}`;

  test('S-11 a subscriber hears of every move as it happens', async () => {
    const stream = await fixture.subscribe();
    const next = stream.next();
    await fixture.take('p1', did('purchase', { _id: 'x' }));
    const first = toTold(await next);
    const second = toTold(await stream.next());
    expect([short(first), short(second)].toSorted()).toEqual(['p1 +active', 'p1 +buyers']);
    expect(first).toEqual({
      cursor: expect.any(String),
      profileId: 'p1',
      segmentId: first.segmentId,
      status: 'REALIZED',
      at: expect.anything(),
      cause: { kind: 'EVENT', reference: 'web|x' },
      profile: { id: 'p1', revision: 1 },
      segment: { id: first.segmentId, name: first.segmentId },
    });
    await stream.return?.();
  });

  test('S-12 filters by segment, status and person', async () => {
    await fixture.take('p2', did('view'));
    const exits = await fixture.subscribe({ statuses: ['EXITED'] });
    const buyers = await fixture.subscribe({ segments: ['buyers'] });
    const person = await fixture.subscribe({ profile: { namespace: 'CRMID', value: 'p2' } });
    await fixture.take('p1', did('purchase'));
    await fixture.take('p2', did('purchase'));
    await fixture.idle();
    fixture.clock.advance(4 * HOUR_MS);
    await fixture.idle();
    expect((await take(exits, 2)).map(short).toSorted()).toEqual(['p1 -active', 'p2 -active']);
    expect((await take(buyers, 2)).map(short).toSorted()).toEqual(['p1 +buyers', 'p2 +buyers']);
    expect((await take(person, 2)).map(short)).toEqual(expect.arrayContaining(['p2 +buyers']));
    for (const stream of [exits, buyers, person]) await stream.return?.();
  });

  test('S-12 whoever comes back with the last cursor misses nothing and hears nothing twice', async () => {
    const stream = await fixture.subscribe();
    for (let index = 0; index < 20; index += 1) await fixture.take(`p${index}`, did('purchase'));
    const before = await take(stream, 15);
    await stream.return?.();
    for (let index = 20; index < 30; index += 1) await fixture.take(`p${index}`, did('purchase'));
    await fixture.idle();
    await fixture.close();
    const again = await fixture.reopen();
    const rest = await take(await again.subscribe({ after: before.at(-1)?.cursor }), 45);
    const all = [...before, ...rest].map(short);
    expect(new Set(all).size).toBe(60);
  });

  test('S-12 a subscription that ends while it waits, ends at once', async () => {
    const stream = await fixture.subscribe();
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('S-12 who reads late reads the log, and finds all of it', async () => {
    const stream = await fixture.subscribe();
    await fixture.take('p0', ...Array.from({ length: 3 }, () => did('purchase')));
    for (let index = 1; index < 300; index += 1) void fixture.take(`p${index}`, did('purchase'));
    await fixture.take('last', did('purchase'));
    await fixture.idle();
    expect(new Set((await take(stream, 602)).map(short)).size).toBe(602);
    await stream.return?.();
  });

  test('S-12 a cursor older than what is kept is refused with that reason', async () => {
    const stream = await fixture.subscribe();
    await fixture.take('p1', did('purchase'));
    const [first] = await take(stream, 2);
    await stream.return?.();
    for (let index = 0; index < 40; index += 1) await fixture.take(`q${index}`, did('purchase'));
    await fixture.idle();
    await fixture.store.log.trim(NOW_MS + HOUR_MS);
    await expect(fixture.subscribe({ after: first?.cursor })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { reason: 'CURSOR_EXPIRED' },
    });
    await expect(fixture.subscribe({ after: 'nonsense' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { reason: 'CURSOR_INVALID' },
    });
  });

  test('S-12 the log can be pulled page by page with the same cursors', async () => {
    for (let index = 0; index < 12; index += 1) await fixture.take(`p${index}`, did('purchase'));
    await fixture.idle();
    const pull = (after: string | null, segments: string[] | null = null): Promise<Pulled> =>
      fixture.get<Pulled>(
        `query ($after: String, $segments: [ID!]) { segmentQualifications(after: $after, first: 5, segments: $segments) {
          edges { cursor node { profileId segmentId status } } pageInfo { hasNextPage endCursor } } }`,
        { after, segments },
      );
    const seen: string[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const { edges, pageInfo }: Pulled['segmentQualifications'] = (await pull(after)).segmentQualifications;
      seen.push(...edges.map(({ node }) => short(node)));
      ({ endCursor: after, hasNextPage: more } = pageInfo);
    }
    expect(seen).toHaveLength(24);
    expect(new Set(seen).size).toBe(24);
    const stream = await fixture.subscribe({ after });
    await fixture.take('new', did('purchase'));
    expect((await take(stream, 2)).map(short).toSorted()).toEqual(['new +active', 'new +buyers']);
    await stream.return?.();
    const only = (await pull(null, ['buyers'])).segmentQualifications;
    expect(only.edges.every(({ node }) => node.segmentId === 'buyers')).toBe(true);
  });

  test('S-12 a person is followed through a merge', async () => {
    await fixture.take('young', did('view'));
    await fixture.take('old', did('view'));
    await fixture.idle();
    const stream = await fixture.subscribe({ profile: { namespace: 'CRMID', value: 'young' } });
    await fixture.take('young', did('purchase'));
    expect((await take(stream, 1)).map(short)).toEqual(['young +buyers']);
    await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    expect((await take(stream, 3)).map(short).toSorted()).toEqual(['old +buyers', 'young -active', 'young -buyers']);
    await stream.return?.();
  });
});
