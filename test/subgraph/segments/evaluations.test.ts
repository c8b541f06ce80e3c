import { beforeEach, expect, test } from '@jest/globals';
import { DAY_MS, describeSegments, did, type SegmentsFixture } from './segments-fixture';

const JOB = 'id status progress { done total finishedAt } realized exited byNamespace';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly realized: number;
  readonly exited: number;
}

// Nested quantifiers over several lists have no incremental form.
const GENERAL =
  'exists A from xEvent where A.eventType = "view", B from xEvent where B.eventType = "purchase" and B.sku = A.sku';

describeSegments('evaluations', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open({ pageSize: 4 });
  });
  const begin = async (ids: readonly string[]) =>
    (
      await fixture.get<{ evaluateSegments: Job }>(
        `mutation ($ids: [ID!]!) { evaluateSegments(ids: $ids) { ${JOB} } }`,
        { ids },
      )
    ).evaluateSegments;
  const find = async (id: string) =>
    (await fixture.get<{ evaluationJob: Job | null }>(`query ($id: ID!) { evaluationJob(id: $id) { ${JOB} } }`, { id }))
      .evaluationJob;

  test('S-15 an evaluation on demand tells how many are in and were, by namespace', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    for (let index = 0; index < 10; index += 1) await fixture.take(`p${index}`, { attributes: { tier: 'gold' } });
    await fixture.take('p0', { attributes: { tier: 'tin' } });
    await fixture.idle();
    const { id, status } = await begin(['gold']);
    expect(status).toBe('PENDING');
    await fixture.idle();
    expect(await find(id)).toEqual({
      id,
      status: 'COMPLETED',
      progress: { done: 10, total: 10, finishedAt: expect.any(String) },
      realized: 9,
      exited: 1,
      byNamespace: { CRMID: 9 },
    });
    expect(await find('none')).toBeNull();
  });

  test('S-15 a rule that needs a scan is brought up to date by its evaluation', async () => {
    await fixture.putSegment('returning', GENERAL);
    const { segment } = await fixture.get<{ segment: { evaluation: { method: string; reasons: string[] } } }>(
      '{ segment(id: "returning") { evaluation { method reasons } } }',
    );
    expect(segment.evaluation).toMatchObject({ method: 'BATCH' });
    await fixture.take('p1', did('view', { sku: 's' }));
    await fixture.idle();
    await fixture.take('p1', did('purchase', { sku: 's' }));
    await fixture.idle();
    expect(await fixture.told()).toEqual([]);
    const { id } = await begin(['returning']);
    await fixture.idle();
    expect(await find(id)).toMatchObject({ realized: 1, exited: 0 });
    expect(await fixture.told()).toEqual(['p1 +returning TIME']);
    const [entry] = await fixture.announced();
    expect(entry?.body.cause).toEqual({ kind: 'TIME', reference: id });
    expect(await fixture.segmentsOf('p1')).toEqual(['returning']);
  });

  test('S-15 rules that need a scan are evaluated every day by themselves', async () => {
    await fixture.putSegment('returning', GENERAL);
    await fixture.take('p1', did('view', { sku: 's' }));
    await fixture.idle();
    await fixture.take('p1', did('purchase', { sku: 's' }));
    await fixture.idle();
    fixture.clock.advance(DAY_MS);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +returning TIME']);
  });

  test('S-15 an evaluation can be cancelled, and one that is over stays as it is', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.idle();
    const { id } = await begin(['gold']);
    const { cancelEvaluation } = await fixture.get<{ cancelEvaluation: Job }>(
      `mutation ($id: ID!) { cancelEvaluation(id: $id) { ${JOB} } }`,
      { id },
    );
    expect(['CANCELLED', 'COMPLETED']).toContain(cancelEvaluation.status);
    await fixture.idle();
    expect(await find(id)).toMatchObject({ status: cancelEvaluation.status });
  });

  test('S-15 an unknown segment cannot be evaluated', async () => {
    const ask = 'mutation ($ids: [ID!]!) { evaluateSegments(ids: $ids) { id } }';
    expect(await fixture.refusal(ask, { ids: ['none'] })).toMatchObject({ code: 'NOT_FOUND', unknown: ['none'] });
    expect(await fixture.refusal(ask, { ids: [] })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
