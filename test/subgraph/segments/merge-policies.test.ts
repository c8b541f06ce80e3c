import { beforeEach, expect, test } from '@jest/globals';
import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { DAY_MS, describeSegments, did, type SegmentsFixture } from './segments-fixture';

/** `crm`: the attributes under `crm` alone. `alone`: each identity by itself, the first has all that there is. */
const VIEWS: Readonly<Record<string, (person: ProfileSnapshot) => readonly ProfileSnapshot[]>> = {
  crm: (person) => [{ ...person, attributes: person.attributes.crm as Record<string, unknown> }],
  alone: (person) => [
    { ...person, id: `${person.id}~a`, attributes: {}, events: [], identities: [{ ...ID, value: 'a' }] },
    { ...person, id: `${person.id}~b`, identities: [{ ...ID, value: 'b' }] },
  ],
};
const ID = { namespace: 'ECID', authenticatedState: 'AMBIGUOUS', firstSeenMs: 0, lastSeenMs: 0 } as const;
const GOLD = 'tier = "gold"';

describeSegments('segments of merge policies', (open, engine) => {
  let fixture: SegmentsFixture;
  let defaultPolicy = 'main';
  const around = (reader: ProfileReader): ProfileReader => ({
    ...reader,
    policies: async () => ({ default: defaultPolicy, ids: ['main', ...Object.keys(VIEWS)] }),
    async views(sandbox, policy, ids) {
      const found = await reader.getMany(sandbox, ids, { events: true });
      return found.map((person) => (person ? (VIEWS[policy]?.(person) ?? []) : []));
    },
  });
  beforeEach(async () => {
    defaultPolicy = 'main';
    fixture = await open({ around, pageSize: 2 });
  });
  const evaluationOf = async (id: string) =>
    (
      await fixture.get<{ segment: { evaluation: { method: string; reasons: readonly string[] } } }>(
        'query ($id: ID!) { segment(id: $id) { evaluation { method reasons } } }',
        { id },
      )
    ).segment.evaluation;
  const run = async (...ids: readonly string[]): Promise<void> => {
    await fixture.get('mutation ($ids: [ID!]!) { evaluateSegments(ids: $ids) { id } }', { ids });
    await fixture.idle();
  };

  test('S-4a a segment of the default policy is streamed; of another one it is evaluated on demand, on that view', async () => {
    await fixture.putSegment('streamed', GOLD, { mergePolicy: 'main' });
    await fixture.putSegment('scanned', GOLD, { mergePolicy: 'crm' });
    await fixture.idle();
    expect(await evaluationOf('streamed')).toMatchObject({ method: 'EDGE' });
    expect(await evaluationOf('scanned')).toMatchObject({ method: 'BATCH', reasons: [expect.stringContaining('crm')] });
    await fixture.take('p1', { attributes: { tier: 'gold', crm: { tier: 'tin' } } });
    await fixture.take('p2', { attributes: { tier: 'tin', crm: { tier: 'gold' } } });
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +streamed RECORD']);
    await run('scanned');
    expect(await fixture.told()).toContain('p2 +scanned TIME');
    expect([await fixture.segmentsOf('p1'), await fixture.segmentsOf('p2')]).toEqual([['streamed'], ['scanned']]);
  });

  test('S-4a S-15 it is brought up to date every day, and exits as others do', async () => {
    await fixture.putSegment('scanned', GOLD, { mergePolicy: 'crm' });
    await fixture.idle();
    await fixture.take('p1', { attributes: { crm: { tier: 'gold' } } });
    await fixture.idle();
    await fixture.clock.advance(DAY_MS);
    await fixture.idle();
    await fixture.take('p1', { attributes: { crm: { tier: 'tin' } } });
    await fixture.clock.advance(DAY_MS);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +scanned TIME', 'p1 -scanned TIME']);
  });

  test('S-4a where a policy joins no identities, a person is in it with one of them; the explanation is of that one', async () => {
    await fixture.putSegment('viewers', 'xEvent.count() > 0 and tier = "gold"', { mergePolicy: 'alone' });
    await fixture.take('p1', { attributes: { tier: 'gold' } }, did('view'));
    await run('viewers');
    expect(await fixture.segmentsOf('p1')).toEqual(['viewers']);
    const { explained } = await fixture.get<{ explained: { member: boolean } }>(
      '{ explained: explainMembership(profile: { namespace: "CRMID", value: "p1" }, segment: "viewers") { member } }',
    );
    expect(explained).toEqual({ member: true });
  });

  test('S-13 S-14 explanations, previews and estimates are of the view that is asked for', async () => {
    await fixture.putSegment('scanned', `${GOLD} and not inSegment("streamed")`, { mergePolicy: 'crm' });
    await fixture.putSegment('streamed', GOLD);
    await fixture.take('p1', { attributes: { tier: 'gold', crm: { tier: 'tin' } } });
    await fixture.take('p2', { attributes: { tier: 'tin', crm: { tier: 'gold' } } });
    await fixture.idle();
    const explain = async (value: string, rest: Record<string, unknown>) => {
      const { explainMembership } = await fixture.get<{ explainMembership: { member: boolean } }>(
        `query ($value: String!, $segment: ID, $rule: String, $mergePolicy: ID) {
          explainMembership(profile: { namespace: "CRMID", value: $value }, segment: $segment, rule: $rule,
            mergePolicy: $mergePolicy) { member } }`,
        { value, ...rest },
      );
      return explainMembership.member;
    };
    const both = async (rest: Record<string, unknown>) => [await explain('p1', rest), await explain('p2', rest)];
    expect(await both({ segment: 'scanned' })).toEqual([false, true]);
    expect(await both({ segment: 'streamed' })).toEqual([true, false]);
    expect(await both({ rule: GOLD })).toEqual([true, false]);
    expect(await both({ rule: GOLD, mergePolicy: 'crm' })).toEqual([false, true]);
    // What it asks for is asked on its own view.
    expect(await both({ rule: 'inSegment("streamed")', mergePolicy: 'crm' })).toEqual([true, false]);
    const tried = await fixture.get(
      `query ($rule: String!) { preview: previewSegment(rule: $rule, mergePolicy: "crm") { profiles { id } }
        estimate: estimateSegment(rule: $rule, mergePolicy: "crm") { size } }`,
      { rule: GOLD },
    );
    expect(tried).toEqual({ preview: { profiles: [{ id: 'p2' }] }, estimate: { size: 1 } });
  });

  test('S-4a a rule that reads the request is asked on the view of its policy, for that request', async () => {
    await fixture.putSegment('edge', `${GOLD} and context.device = "phone"`, { mergePolicy: 'crm' });
    await fixture.take('p1', { attributes: { tier: 'tin', crm: { tier: 'gold' } } });
    await fixture.idle();
    const facts = { attributes: { tier: 'tin' }, context: { device: 'phone' } };
    expect(await fixture.segmentsOf('p1', { facts })).toEqual(['edge']);
  });

  test('S-4a S-17 a shared segment of another policy counts on the very next request', async () => {
    await fixture.putSegment('scanned', GOLD, { mergePolicy: 'crm' });
    await fixture.get('mutation { shareAudience(source: "crm", segment: "scanned") { source } }');
    await fixture.take('p1', { attributes: { crm: { tier: 'gold' } } });
    expect(await fixture.segmentsOf('p1')).toEqual(['scanned']);
  });

  test('S-4 an edit of the policy tells of the method that changed; one that there is not is refused', async () => {
    await fixture.putSegment('gold', GOLD);
    const { previousEvaluation } = await fixture.putSegment('gold', GOLD, { mergePolicy: 'crm', publish: false });
    expect(previousEvaluation).toMatchObject({ method: 'EDGE' });
    // What is live stays on its view until the edit is published.
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +gold RECORD']);
    const put = 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }';
    expect(
      await fixture.refusal(put, { input: { id: 'x', name: 'x', rule: GOLD, mergePolicy: 'none' } }),
    ).toMatchObject({ code: 'BAD_USER_INPUT', path: 'mergePolicy' });
    expect(await fixture.subgraph.policyUsers.usersOfPolicy('default', 'crm')).toEqual(['segment:gold']);
    expect(await fixture.subgraph.policyUsers.usersOfPolicy('default', 'main')).toEqual([]);
  });

  test('S-4a when another policy becomes the default one, the segments that name one change their method with it', async () => {
    if (engine !== 'sqlite') return;
    await fixture.putSegment('of-main', GOLD, { mergePolicy: 'main' });
    await fixture.putSegment('of-crm', GOLD, { mergePolicy: 'crm' });
    defaultPolicy = 'crm';
    const methods = [await evaluationOf('of-main'), await evaluationOf('of-crm')];
    expect(methods.map(({ method }) => method)).toEqual(['BATCH', 'EDGE']);
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +of-crm RECORD']);
  });
});
