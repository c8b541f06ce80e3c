import { beforeEach, expect, test } from '@jest/globals';
import { describeSegments, did, NOW_MS, type SegmentsFixture } from './segments-fixture';

describeSegments('rules that read the request', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
    await fixture.putSegment('spring', 'context.campaign.name = "spring"');
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.putSegment('spring-gold', 'inSegment("spring") and inSegment("gold")');
    await fixture.putSegment(
      'spring-buyers',
      'context.campaign.name = "spring" and xEvent[eventType = "purchase"].count() > 0',
    );
  });
  const SPRING = { context: { campaign: { name: 'spring' } } };

  test('S-4a such a rule is EDGE, holds for that request alone, and is neither kept nor announced', async () => {
    const person = await fixture.take('p1', { attributes: { tier: 'gold' } });
    expect(await fixture.segmentsOf(person, { facts: SPRING })).toEqual(['gold', 'spring', 'spring-gold']);
    expect(await fixture.segmentsOf(person)).toEqual(['gold']);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +gold RECORD']);
    const { segment } = await fixture.get<{ segment: { evaluation: { method: string; reasons: string[] } } }>(
      '{ segment(id: "spring-gold") { evaluation { method reasons } } }',
    );
    expect(segment.evaluation).toEqual({ method: 'EDGE', reasons: [expect.any(String)] });
  });

  test('S-4a it reads events where it asks for them', async () => {
    const person = await fixture.take('p1', did('purchase'));
    expect(await fixture.segmentsOf(person, { facts: SPRING })).toEqual(['spring', 'spring-buyers']);
    const [spring] = await fixture.memberships(person, { facts: SPRING });
    expect(spring).toMatchObject({
      lastQualificationTime: new Date(NOW_MS).toISOString(),
      validUntil: null,
      cause: { kind: 'EVENT', reference: 'request:r1' },
    });
  });

  test('S-4a decisions see it too, and a profile whose owner is down is in what is known without it', async () => {
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    const read = async (facts: object | null) => {
      const { _entities } = await fixture.get<{ _entities: [{ realizedSegmentIds: string[] }] }>(
        'query ($who: [_Any!]!) { _entities(representations: $who) { ... on Profile { realizedSegmentIds } } }',
        { who: [{ __typename: 'Profile', id: 'p1', revision: 1, decisionFacts: facts }] },
      );
      return _entities[0].realizedSegmentIds.toSorted();
    };
    expect(await read(SPRING)).toEqual(['gold', 'spring', 'spring-gold']);
    expect(await read(null)).toEqual(['gold']);
  });

  test('S-10 memberships are selected by status and segment', async () => {
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    const person = await fixture.take('p1', { attributes: { tier: 'tin' } });
    expect(await fixture.segmentsOf(person)).toEqual([]);
    expect(await fixture.segmentsOf(person, { statuses: ['EXITED'] })).toEqual(['gold']);
    const read = { statuses: ['EXITED', 'REALIZED'], ids: ['spring'], facts: SPRING };
    expect(await fixture.segmentsOf(person, read)).toEqual(['spring']);
  });
});
