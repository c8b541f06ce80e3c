import { beforeEach, expect, test } from '@jest/globals';
import { describeSegments, did, type SegmentsFixture } from './segments-fixture';

interface Shared {
  readonly source: string;
  readonly segment: { readonly id: string };
  readonly shared: number;
  readonly quota: number | null;
}

const FIELDS = '{ source segment { id } shared quota }';
const SHARE = `mutation ($source: ID!, $segment: ID!) { shared: shareAudience(source: $source, segment: $segment) ${FIELDS} }`;
const UNSHARE = `mutation ($source: ID!, $segment: ID!) { shared: unshareAudience(source: $source, segment: $segment) ${FIELDS} }`;
const PUT_SOURCE =
  'mutation ($input: AudienceSourceInput!) { putAudienceSource(input: $input) { id quota unlimited version } }';
const SHARED = `query ($source: ID!) { sharedAudiences(source: $source) ${FIELDS} }`;
const GENERAL = 'xEvent.groupBy(kind).get("a").count() > 0';

describeSegments('shared audiences', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
  });
  const share = async (segment: string, source = 'analytics'): Promise<Shared> =>
    (await fixture.get<{ shared: Shared }>(SHARE, { source, segment })).shared;
  const unshare = async (segment: string, source = 'analytics'): Promise<Shared> =>
    (await fixture.get<{ shared: Shared }>(UNSHARE, { source, segment })).shared;
  const refusal = (segment: string, source = 'analytics') => fixture.refusal(SHARE, { source, segment });
  const drafts = async (count: number): Promise<readonly string[]> => {
    const ids = Array.from({ length: count }, (_, index) => `s${index + 1}`);
    for (const id of ids) await fixture.putSegment(id, 'tier = "gold"', { publish: false });
    return ids;
  };

  test('S-17 a source shares 75 audiences; the 76th is refused with the quota in words, until one is freed', async () => {
    const ids = await drafts(77);
    for (const id of ids.slice(0, 75)) await share(id);
    expect(await refusal('s76')).toMatchObject({ code: 'LIMIT_EXCEEDED', source: 'analytics', quota: 75, shared: 75 });
    const { errors } = await fixture.ask(SHARE, { source: 'analytics', segment: 's76' });
    expect(errors?.[0]?.message).toContain('its quota is 75');
    expect(await share('s3')).toMatchObject({ shared: 75 });
    expect(await share('s76', 'surveys')).toMatchObject({ source: 'surveys', shared: 1 });
    expect(await unshare('s3')).toMatchObject({ segment: { id: 's3' }, shared: 74, quota: 75 });
    expect(await share('s76')).toMatchObject({ shared: 75 });
    expect(await refusal('s77')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('S-17 a quota is what was configured, or none', async () => {
    const [a = '', b = '', ...rest] = await drafts(80);
    await fixture.get(PUT_SOURCE, { input: { id: 'small', name: 'Small', quota: 1 } });
    await share(a, 'small');
    expect(await refusal(b, 'small')).toMatchObject({ code: 'LIMIT_EXCEEDED', quota: 1 });
    const { putAudienceSource } = await fixture.get<{ putAudienceSource: object }>(PUT_SOURCE, {
      input: { id: 'small', name: 'Small', unlimited: true, expectedVersion: 1 },
    });
    expect(putAudienceSource).toEqual({ id: 'small', quota: null, unlimited: true, version: 2 });
    for (const id of rest) await share(id, 'small');
    expect(await share(b, 'small')).toMatchObject({ shared: 80, quota: null });
    expect(await fixture.refusal('mutation { deleteAudienceSource(id: "small") { id } }')).toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('S-17 the quota is exact when many share at once', async () => {
    const ids = await drafts(6);
    await fixture.get(PUT_SOURCE, { input: { id: 'few', name: 'Few', quota: 3 } });
    const answers = await Promise.all(ids.map((segment) => fixture.ask(SHARE, { source: 'few', segment })));
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(3);
    const { sharedAudiences } = await fixture.get<{ sharedAudiences: Shared[] }>(SHARED, { source: 'few' });
    expect(sharedAudiences).toHaveLength(3);
  });

  test('S-17 a shared membership counts on the very next request, also of a rule that needs a scan', async () => {
    await fixture.putSegment('grouped', GENERAL);
    await fixture.idle();
    const before = await fixture.take('p1', did('view', { kind: 'a' }));
    expect(await fixture.segmentsOf(before)).toEqual([]);
    await share('grouped');
    expect(await fixture.segmentsOf(before)).toEqual(['grouped']);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +grouped TIME']);
    const later = await fixture.take('p2', did('view', { kind: 'a' }));
    expect(await fixture.segmentsOf(later)).toEqual(['grouped']);
    expect(await fixture.segmentsOf(await fixture.take('p3', did('view', { kind: 'b' })))).toEqual([]);
    await unshare('grouped');
    expect(await fixture.segmentsOf(await fixture.take('p4', did('view', { kind: 'a' })))).toEqual([]);
  });

  test('S-9 what is shared is not deleted, and what there is not is not shared', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    await share('gold');
    expect(await fixture.refusal('mutation { deleteSegment(id: "gold") { id } }')).toMatchObject({
      code: 'CONFLICT',
      usedBy: ['source:analytics'],
    });
    expect(await refusal('nothing')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal('gold', 'a b')).toMatchObject({ code: 'BAD_USER_INPUT', path: 'source' });
    await unshare('gold');
    expect(await fixture.refusal(UNSHARE, { source: 'analytics', segment: 'gold' })).toMatchObject({
      code: 'NOT_FOUND',
    });
    await fixture.get('mutation { deleteSegment(id: "gold") { id } }');
  });
});
