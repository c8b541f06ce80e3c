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

  test('S-15 a daily evaluation that was missed while nobody ran is made up for on the start', async () => {
    await fixture.putSegment('returning', GENERAL);
    // Else its backfill may still meet them.
    await fixture.idle();
    await fixture.take('p1', did('view', { sku: 's' }));
    await fixture.take('p1', did('purchase', { sku: 's' }));
    await fixture.idle();
    await fixture.close();
    fixture.clock.advance(DAY_MS);
    const again = await fixture.reopen();
    await again.idle();
    expect(await again.told()).toEqual(['p1 +returning TIME']);
  });

  test('S-15 an evaluation that is under way is cancelled: it goes no further, and what is over stays as it is', async () => {
    let pages = 0;
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await fixture.close();
    fixture = await open({
      pageSize: 4,
      around: (reader) => ({
        ...reader,
        async scan(sandbox, options) {
          if (options.limit === 4 && ++pages === 2) await held;
          return reader.scan(sandbox, options);
        },
      }),
    });
    await fixture.putSegment('returning', GENERAL);
    await fixture.idle();
    for (let person = 0; person < 12; person += 1) {
      await fixture.take(`p${person}`, did('view', { sku: 's' }), did('purchase', { sku: 's' }));
    }
    pages = 0;
    const { id } = await begin(['returning']);
    while (pages < 2) await new Promise(setImmediate);
    expect(await find(id)).toMatchObject({ status: 'RUNNING', progress: { done: 4 }, realized: 4 });
    const cancel = () => fixture.get(`mutation ($id: ID!) { cancelEvaluation(id: $id) { ${JOB} } }`, { id });
    const cancelled = { status: 'CANCELLED', progress: { done: 4 }, realized: 4 };
    expect(await cancel()).toMatchObject({ cancelEvaluation: cancelled });
    go();
    await fixture.idle();
    expect(await find(id)).toMatchObject(cancelled);
    expect(await cancel()).toMatchObject({ cancelEvaluation: cancelled });
    const next = await begin(['returning']);
    await fixture.idle();
    expect(await find(next.id)).toMatchObject({ status: 'COMPLETED', realized: 12, progress: { done: 12, total: 12 } });
    expect(await fixture.get('mutation ($id: ID!) { cancelEvaluation(id: $id) { status } }', { id: next.id })).toEqual({
      cancelEvaluation: { status: 'COMPLETED' },
    });
  });

  test('S-15 counts are by the namespaces that the members are known in, whatever number of identities each has', async () => {
    const more = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        ...{ namespace: 'ECID', value: `${index}`, authenticatedState: 'AMBIGUOUS' as const },
        ...{ firstSeenMs: 0, lastSeenMs: 0 },
      }));
    await fixture.close();
    fixture = await open({
      pageSize: 4,
      around: (reader) => ({
        ...reader,
        async scan(sandbox, options) {
          const page = await reader.scan(sandbox, options);
          return page.map((person) => ({
            ...person,
            identities: [...person.identities, ...more(Number(person.id.slice(1)))],
          }));
        },
      }),
    });
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.putSegment('tall', 'tall');
    for (let person = 0; person < 6; person += 1) {
      await fixture.take(`p${person}`, { attributes: { tier: person > 1 ? 'gold' : 'tin', tall: person === 5 } });
    }
    await fixture.take('p0', { attributes: { tier: 'gold' } });
    const { id } = await begin(['gold', 'tall']);
    await fixture.idle();
    expect(await find(id)).toMatchObject({ realized: 6, exited: 0, byNamespace: { CRMID: 6, ECID: 5 } });
  });

  test('S-18 P-4 beyond the kept events a rule is exact that is kept as they come; what needs them all says how many are kept', async () => {
    await fixture.close();
    fixture = await open({ eventsPerProfile: 40 });
    const views = 'xEvent[eventType = "view" and category = "x" and timestamp occurs < 90 days before now].count()';
    await fixture.putSegment('at-least', `${views} >= 90`);
    await fixture.putSegment('more', `${views} >= 91`);
    await fixture.putSegment('general', 'xEvent.groupBy(category).get("x").count() >= 90');
    for (let round = 0; round < 9; round += 1) {
      await fixture.take('p1', ...Array.from({ length: 10 }, () => did('view', { category: 'x' })), did('view'));
      await fixture.idle();
    }
    expect(await fixture.segmentsOf('p1')).toEqual(['at-least']);
    const reasonsOf = async (id: string): Promise<string> => {
      const { segment } = await fixture.get<{ segment: { evaluation: { method: string; reasons: string[] } } }>(
        'query ($id: ID!) { segment(id: $id) { evaluation { method reasons } } }',
        { id },
      );
      return [segment.evaluation.method, ...segment.evaluation.reasons].join(' ');
    };
    expect(await reasonsOf('at-least')).toMatch(/^STREAMING .*kept as they come/);
    expect(await reasonsOf('general')).toMatch(/^BATCH .*Of each person the 40 newest are kept/);
    await fixture.clock.advance(90 * DAY_MS);
    expect(await fixture.segmentsOf('p1')).toEqual([]);
  });

  test('S-15 an unknown segment cannot be evaluated', async () => {
    const ask = 'mutation ($ids: [ID!]!) { evaluateSegments(ids: $ids) { id } }';
    expect(await fixture.refusal(ask, { ids: ['none'] })).toMatchObject({ code: 'NOT_FOUND', unknown: ['none'] });
    expect(await fixture.refusal(ask, { ids: [] })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
