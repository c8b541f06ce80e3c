import { beforeEach, expect, test } from '@jest/globals';
import { DAY_MS, describeSegments, did, HOUR_MS, NOW_MS, type SegmentsFixture } from './segments-fixture';

interface Node {
  readonly text: string;
  readonly value: unknown;
  readonly truth: boolean | null;
  readonly evidence: readonly unknown[];
  readonly children?: readonly Node[];
}

interface Explained {
  readonly member: boolean;
  readonly at: string;
  readonly nextChangeAt: string | null;
  readonly tree: Node;
}

describeSegments('rules tried and memberships explained', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
  });
  const NODE = 'text value truth evidence';
  const explain = async (variables: Record<string, unknown>): Promise<Explained> => {
    const { explainMembership } = await fixture.get<{ explainMembership: Explained }>(
      `query ($who: IdentityInput!, $segment: ID, $rule: String, $at: DateTime) {
        explainMembership(profile: $who, segment: $segment, rule: $rule, at: $at) {
          member at nextChangeAt tree { ${NODE} children { ${NODE} children { ${NODE} } } } } }`,
      { who: { namespace: 'CRMID', value: 'p1' }, ...variables },
    );
    return explainMembership;
  };

  test('S-13 a member is explained: each part of the rule, its value, and what made it so', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.putSegment('s', 'inSegment("gold") and xEvent[timestamp occurs < 3 hours before now].count() >= 1');
    await fixture.take('p1', did('view', { _id: 'v1' }), { attributes: { tier: 'gold' } });
    const explained = await explain({ segment: 's' });
    expect(explained).toMatchObject({
      member: true,
      at: new Date(NOW_MS).toISOString(),
      nextChangeAt: new Date(NOW_MS + 3 * HOUR_MS).toISOString(),
      tree: { value: true, truth: true },
    });
    expect(explained.tree.children).toEqual([
      expect.objectContaining({ text: 'inSegment("gold")', value: true, truth: true }),
      expect.objectContaining({ truth: true }),
    ]);
    expect(JSON.stringify(explained.tree)).toContain('v1');
  });

  test('S-13 a former member and one who never was are explained too, at any instant', async () => {
    await fixture.putSegment('s', 'xEvent[timestamp occurs < 3 hours before now].count() >= 1');
    await fixture.take('p1', did('view'));
    fixture.clock.advance(DAY_MS);
    expect(await explain({ segment: 's' })).toMatchObject({ member: false, nextChangeAt: null });
    expect(await explain({ segment: 's', at: new Date(NOW_MS + HOUR_MS).toISOString() })).toMatchObject({
      member: true,
    });
    expect(await explain({ segment: 's', at: new Date(NOW_MS - HOUR_MS).toISOString() })).toMatchObject({
      member: false,
    });
    expect(await explain({ rule: 'xEvent.count() = 0' })).toMatchObject({ member: false, tree: { truth: false } });
    const before = new Date(NOW_MS - HOUR_MS).toISOString();
    expect(await explain({ rule: 'xEvent.count() = 0', at: before })).toMatchObject({ member: true });
  });

  test('S-13 the next change is told through the segments and audiences that a rule asks for', async () => {
    await fixture.putSegment('recent', 'xEvent[timestamp occurs < 3 hours before now].count() >= 1');
    const person = await fixture.take('p1', did('view', { _id: 'v1' }));
    const untilMs = NOW_MS + HOUR_MS;
    await fixture.get(
      `mutation ($input: ExternalAudienceInput!, $members: [ExternalMemberInput!]!) {
        importAudience(input: $input, members: $members) { accepted } }`,
      {
        input: { id: 'partners', name: 'Partners', provider: 'acme' },
        members: [{ identity: { namespace: 'CRMID', value: 'p1' }, validUntil: new Date(untilMs).toISOString() }],
      },
    );
    expect(await fixture.segmentsOf(person)).toEqual(['partners', 'recent']);
    const changes = async (rule: string) => (await explain({ rule })).nextChangeAt;
    expect(await changes('inSegment("recent") and true')).toBe(new Date(NOW_MS + 3 * HOUR_MS).toISOString());
    expect(await changes('inSegment("recent") and inSegment("partners")')).toBe(new Date(untilMs).toISOString());
    expect(await changes('xEvent.groupBy(_id).keys().count() > 0 and inSegment("recent")')).toBe(
      new Date(NOW_MS + 3 * HOUR_MS).toISOString(),
    );
    expect(await explain({ segment: 'partners' })).toMatchObject({
      member: true,
      nextChangeAt: new Date(untilMs).toISOString(),
      tree: { text: 'inSegment("partners")', evidence: [{ segment: 'partners', member: true }] },
    });
    expect(await explain({ segment: 'partners', at: new Date(untilMs).toISOString() })).toMatchObject({
      member: false,
    });
  });

  test('S-13 the next change of a rule over thousands of events in a window is found at once', async () => {
    const events = Array.from({ length: 3000 }, (_, n) => did('view', { _id: `v${n}` }, NOW_MS - n * 1000));
    await fixture.take('p1', ...events);
    const before = process.cpuUsage();
    const { member, nextChangeAt } = await explain({
      rule: 'xEvent[timestamp occurs < 30 days before now].count() > 0',
    });
    expect([member, nextChangeAt]).toEqual([true, new Date(NOW_MS + 30 * DAY_MS).toISOString()]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });

  test('S-13 what cannot be explained is refused', async () => {
    const ask =
      'query ($n: ID!, $s: ID, $r: String) { explainMembership(profile: { namespace: $n, value: "p1" }, segment: $s, rule: $r) { member } }';
    await fixture.take('p1', did('view'));
    expect(await fixture.refusal(ask, { n: 'CRMID' })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await fixture.refusal(ask, { n: 'CRMID', s: 'none' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await fixture.refusal(ask, { n: 'Email', r: 'a = 1' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await fixture.refusal(ask, { n: 'CRMID', r: 'a = ' })).toMatchObject({
      code: 'BAD_USER_INPUT',
      diagnostics: [expect.objectContaining({ line: 1 })],
    });
  });

  test('S-14 a rule that is not saved is previewed, also by the segments it asks for', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    for (let index = 0; index < 9; index += 1) {
      await fixture.take(`p${index}`, did('view'), { attributes: { tier: index % 3 ? 'tin' : 'gold' } });
    }
    const preview = async (rule: string, size: number) =>
      (
        await fixture.get<{ previewSegment: { profiles: { id: string }[]; diagnostics: object[] } }>(
          'query ($rule: String!, $size: Int) { previewSegment(rule: $rule, size: $size) { profiles { id revision } diagnostics { line column message } } }',
          { rule, size },
        )
      ).previewSegment;
    expect((await preview('inSegment("gold") and xEvent.count() = 1', 10)).profiles.map(({ id }) => id)).toEqual([
      'p0',
      'p3',
      'p6',
    ]);
    expect((await preview('true', 2)).profiles).toEqual([
      { id: 'p0', revision: 1 },
      { id: 'p1', revision: 1 },
    ]);
    expect(await preview('tier = (', 2)).toEqual({
      profiles: [],
      diagnostics: [{ line: 1, column: expect.any(Number), message: expect.any(String) }],
    });
  });

  test('S-14 an estimate of few people is exact, and a rule that cannot be read is told as data', async () => {
    for (let index = 0; index < 9; index += 1) await fixture.take(`p${index}`, { attributes: { n: index } });
    const estimate = (rule: string) =>
      fixture.get<{ estimateSegment: object }>(
        'query ($rule: String!) { estimateSegment(rule: $rule) { size low high confidence sampled diagnostics { line } } }',
        { rule },
      );
    expect((await estimate('n < 4')).estimateSegment).toEqual({
      size: 4,
      low: 4,
      high: 4,
      confidence: 0.95,
      sampled: 9,
      diagnostics: [],
    });
    expect((await estimate('n < ')).estimateSegment).toMatchObject({ size: 0, diagnostics: [{ line: 1 }] });
  });
});
