import { beforeEach, describe, expect, test } from '@jest/globals';
import { describeSegments, did, type SegmentsFixture } from './segments-fixture';

const SEGMENT = '{ id name rule status version publishedVersion usedBy evaluation { method reasons } ruleTree }';
const PUT = 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { version } } }';

describeSegments('segments as configuration', (open) => {
  let fixture: SegmentsFixture;
  let users: Record<string, readonly string[]>;
  beforeEach(async () => {
    users = {};
    fixture = await open({ usersOf: async (_, segment) => users[segment] ?? [] });
  });
  const find = async (id: string) =>
    (
      await fixture.get<{ segment: Record<string, unknown> | null }>(
        `query ($id: ID!) { segment(id: $id) ${SEGMENT} }`,
        { id },
      )
    ).segment;
  const refusal = (input: Record<string, unknown>) => fixture.refusal(PUT, { input: { name: 'n', ...input } });
  const change = (verb: string, id: string) =>
    fixture.get<Record<string, { segment: Record<string, unknown> }>>(
      `mutation ($id: ID!) { ${verb}Segment(id: $id) { segment { id status version publishedVersion } } }`,
      { id },
    );

  test('S-9 a segment goes from draft to published to inactive to deleted', async () => {
    await fixture.putSegment('s', 'a = 1', { publish: false });
    expect(await find('s')).toMatchObject({ status: 'DRAFT', version: 1, publishedVersion: null, rule: 'a = 1' });
    await change('publish', 's');
    expect(await find('s')).toMatchObject({ status: 'PUBLISHED', version: 1, publishedVersion: 1 });
    await change('deactivate', 's');
    expect(await find('s')).toMatchObject({ status: 'INACTIVE', publishedVersion: null });
    await fixture.get('mutation { deleteSegment(id: "s") { id } }');
    expect(await find('s')).toBeNull();
    const { segments } = await fixture.get<{ segments: { edges: { node: object }[] } }>(
      '{ segments(status: DELETED) { edges { node { id status } } } }',
    );
    expect(segments.edges).toEqual([{ node: { id: 's', status: 'DELETED' } }]);
    expect(await fixture.refusal('mutation { publishSegment(id: "s") { segment { id } } }')).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('S-6 a new version waits as a draft while the published rule goes on', async () => {
    await fixture.putSegment('s', 'tier = "gold"');
    const person = await fixture.take('p1', { attributes: { tier: 'gold' } });
    await fixture.putSegment('s', 'tier = "silver"', { publish: false });
    expect(await find('s')).toMatchObject({ status: 'PUBLISHED', version: 2, publishedVersion: 1 });
    expect(await fixture.segmentsOf(person)).toEqual(['s']);
    await change('publish', 's');
    expect(await find('s')).toMatchObject({ version: 2, publishedVersion: 2 });
    expect(await fixture.segmentsOf(person)).toEqual([]);
  });

  test('S-6 saving the same twice changes nothing, and a new name is a version without a new rule', async () => {
    await fixture.putSegment('s', 'a = 1');
    expect((await fixture.putSegment('s', 'a = 1')).segment).toMatchObject({ version: 1 });
    expect((await fixture.putSegment('s', 'a = 1', { name: 'Other' })).segment).toMatchObject({
      version: 2,
      publishedVersion: 1,
    });
    expect((await fixture.putSegment('s', 'a = 1', { name: 'Other', publish: false })).segment.version).toBe(2);
  });

  test('S-6 an edit of another version than expected is a conflict', async () => {
    expect(await refusal({ id: 's', rule: 'a = 1', expectedVersion: 1 })).toMatchObject({
      code: 'CONFLICT',
      version: 0,
    });
    await fixture.putSegment('s', 'a = 1', { expectedVersion: 0 });
    expect(await refusal({ id: 's', rule: 'a = 2', expectedVersion: 0 })).toMatchObject({
      code: 'CONFLICT',
      version: 1,
    });
    expect((await fixture.putSegment('s', 'a = 2', { expectedVersion: 1 })).segment.version).toBe(2);
  });

  test('S-3 a rule that cannot be read is refused with line, column and what was expected', async () => {
    const { code, diagnostics } = await refusal({ id: 's', rule: 'a = 1 and\n(b = 2' });
    expect(code).toBe('BAD_USER_INPUT');
    expect(diagnostics).toEqual([expect.objectContaining({ line: 2, expected: expect.anything() })]);
    expect(await find('s')).toBeNull();
  });

  test('S-3 a rule over its size or nesting is refused', async () => {
    const long = `a in [${Array.from({ length: 5_000 }, (_, index) => `"${index}"`).join(', ')}]`;
    expect(await refusal({ id: 's', rule: long })).toMatchObject({ code: 'BAD_USER_INPUT' });
    const deep = `${'not ('.repeat(40)}a = 1${')'.repeat(40)}`;
    expect(await refusal({ id: 's', rule: deep })).toMatchObject({
      code: 'BAD_USER_INPUT',
      diagnostics: [expect.anything()],
    });
  });

  test('S-3 a cycle of inSegment is refused with the place that closes it', async () => {
    await fixture.putSegment('a', 'inSegment("b")', { publish: false });
    await fixture.putSegment('b', 'inSegment("c")', { publish: false });
    const { code, diagnostics } = await refusal({ id: 'c', rule: 'x = 1 and inSegment("a")' });
    expect(code).toBe('BAD_USER_INPUT');
    expect(diagnostics).toEqual([expect.objectContaining({ line: 1, column: 11 })]);
    expect(await refusal({ id: 'self', rule: 'inSegment("self")' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('S-3 a cycle among live rules is refused when it would be published', async () => {
    await fixture.putSegment('a', 'inSegment("b")');
    await fixture.putSegment('a', 'x = 1', { publish: false });
    await fixture.putSegment('b', 'inSegment("a")', { publish: false });
    expect(await fixture.refusal('mutation { publishSegment(id: "b") { segment { id } } }')).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  test('S-1 an unknown field or segment is a warning with the nearest known name', async () => {
    await fixture.take('p1', did('purchase', { total: 5 }), { attributes: { loyalty: { tier: 'gold' } } });
    await fixture.putSegment('gold', 'loyalty.tier = "gold"');
    const { warnings } = await fixture.putSegment(
      's',
      'loyalty.teir = "gold" and inSegment("gpld") and xEvent.sum(total) > 1',
    );
    expect(warnings).toEqual([
      expect.objectContaining({ line: 1, column: 1, suggestion: 'loyalty.tier' }),
      expect.objectContaining({ line: 1, column: 27, suggestion: 'gold' }),
    ]);
  });

  test('S-1 the rule comes back as a tree', async () => {
    await fixture.putSegment('s', 'a = 1');
    expect(await find('s')).toMatchObject({ ruleTree: expect.objectContaining({ kind: 'compare', operator: '=' }) });
  });

  test('S-4 an edit that changes the method tells what it was', async () => {
    const first = await fixture.putSegment('s', 'tier = "gold"');
    expect(first.previousEvaluation).toBeNull();
    const second = await fixture.putSegment('s', 'tier = "gold" and xEvent.count() > 3');
    expect(second.previousEvaluation).toEqual({ method: 'EDGE', reasons: [expect.any(String)] });
    expect(await find('s')).toMatchObject({ evaluation: { method: 'STREAMING' } });
  });

  test('S-4 an edit that changes the method tells those who ask for it, also through others', async () => {
    await fixture.putSegment('asks', 'inSegment("s") and tier = "gold"');
    await fixture.putSegment('asks-that', 'not inSegment("asks")', { publish: false });
    await fixture.putSegment('counts', 'inSegment("s") and xEvent.count() > 1');
    await fixture.putSegment('other', 'tier = "gold"');
    expect((await fixture.putSegment('s', 'tier = "gold"')).moved.map(({ segment }) => segment.id)).toEqual([
      'asks',
      'asks-that',
    ]);
    const { moved } = await fixture.putSegment('s', 'xEvent.groupBy(kind).get("a").count() > 0');
    const told = moved.map(({ segment, previousEvaluation: was }) => [
      segment.id,
      was.method,
      segment.evaluation.method,
    ]);
    expect(told).toEqual([
      ['asks', 'EDGE', 'BATCH'],
      ['asks-that', 'EDGE', 'BATCH'],
      ['counts', 'STREAMING', 'BATCH'],
    ]);
    expect(moved[0]?.segment.evaluation.reasons[0]).toContain('inSegment("s")');
    expect((await fixture.putSegment('s', 'xEvent.groupBy(kind).get("b").count() > 0')).moved).toEqual([]);
  });

  describe('in use', () => {
    test('S-9 a segment that others use is not deleted, and the refusal lists the users', async () => {
      await fixture.putSegment('s', 'a = 1');
      await fixture.putSegment('other', 'inSegment("s")', { publish: false });
      users.s = ['offer:O-1', 'destination:hook'];
      const usedBy = ['segment:other', 'offer:O-1', 'destination:hook'];
      expect(await fixture.refusal('mutation { deleteSegment(id: "s") { id } }')).toMatchObject({
        code: 'CONFLICT',
        usedBy,
      });
      expect(await find('s')).toMatchObject({ usedBy });
      users.s = [];
      await fixture.get('mutation { deleteSegment(id: "other") { id } }');
      await fixture.get('mutation { deleteSegment(id: "s") { id } }');
      expect(await find('s')).toBeNull();
    });
  });

  test('S-9 a deleted segment that is put again begins anew, with a higher version', async () => {
    await fixture.putSegment('s', 'a = 1');
    await fixture.get('mutation { deleteSegment(id: "s") { id } }');
    expect((await fixture.putSegment('s', 'a = 1', { publish: false })).segment).toMatchObject({
      version: 2,
      status: 'DRAFT',
    });
  });

  test('S-9 segments are listed by id, page by page', async () => {
    for (const id of ['c', 'a', 'b']) await fixture.putSegment(id, 'x = 1', { publish: id === 'b' });
    const list = (args: string) =>
      fixture.get<{
        segments: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      }>(`{ segments${args} { edges { node { id } } pageInfo { hasNextPage endCursor } } }`);
    const { segments } = await list('(first: 2)');
    expect(segments.edges.map(({ node }) => node.id)).toEqual(['a', 'b']);
    expect(segments.pageInfo.hasNextPage).toBe(true);
    expect((await list(`(first: 2, after: "${segments.pageInfo.endCursor}")`)).segments.edges).toEqual([
      { node: { id: 'c' } },
    ]);
    expect((await list('(status: PUBLISHED)')).segments.edges).toEqual([{ node: { id: 'b' } }]);
  });
});
