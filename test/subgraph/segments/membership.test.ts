import { beforeEach, expect, test } from '@jest/globals';
import { describeSegments, did, HOUR_MS, NOW_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';

describeSegments('memberships', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
  });

  test('S-5 a change moves the segments that it concerns, and each move is announced once', async () => {
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    await fixture.putSegment('gold', 'loyalty.tier = "gold"');
    await fixture.idle();
    await fixture.take('p1', did('purchase', { _id: 'a' }));
    await fixture.take('p1', { attributes: { loyalty: { tier: 'gold' } } });
    await fixture.take('p1', did('purchase'));
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +buyers EVENT', 'p1 +gold RECORD']);
    expect(await fixture.memberships({ id: 'p1', revision: 3 })).toEqual([
      {
        segment: { id: 'buyers' },
        status: 'REALIZED',
        lastQualificationTime: new Date(NOW_MS).toISOString(),
        validUntil: null,
        segmentVersion: 1,
        cause: { kind: 'EVENT', reference: 'web|a' },
      },
      expect.objectContaining({ segment: { id: 'gold' }, cause: { kind: 'RECORD', reference: 'crm' } }),
    ]);
  });

  test('S-10 a membership and its announcement tell the version of the rule that decided', async () => {
    await fixture.putSegment('s', 'tier = "tin"');
    await fixture.putSegment('s', 'tier = "gold"');
    await fixture.idle();
    const profile = await fixture.take('p1', { attributes: { tier: 'gold' } });
    await fixture.idle();
    expect(await fixture.memberships(profile)).toMatchObject([{ segmentVersion: 2 }]);
    expect((await fixture.announced()).map(({ body }) => body.segmentVersion)).toEqual([2]);
  });

  test('S-7 the exit comes by time alone: exact on a query, announced once with its due instant', async () => {
    await fixture.putSegment('active', 'xEvent[timestamp occurs <= 3 hours before now].count() >= 1');
    const profile = await fixture.take('p1', did('view'));
    await fixture.idle();
    const [member] = await fixture.memberships(profile);
    expect(member?.validUntil).not.toBeNull();
    // Whoever asks about that instant does not depend on what was announced by then.
    expect(await fixture.segmentsOf(profile, { nowMs: NOW_MS + 3 * HOUR_MS })).toEqual(['active']);
    expect(await fixture.segmentsOf(profile, { nowMs: NOW_MS + 3 * HOUR_MS + 1 })).toEqual([]);
    fixture.clock.advance(3 * HOUR_MS + SECOND_MS);
    expect(await fixture.segmentsOf(profile)).toEqual([]);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +active EVENT', 'p1 -active TIME']);
    const [, exit] = await fixture.announced();
    expect(exit?.body.atMs).toBeGreaterThanOrEqual(NOW_MS + 3 * HOUR_MS);
    expect(exit?.body.atMs).toBeLessThanOrEqual(NOW_MS + 3 * HOUR_MS + 1);
  });

  test('Q-2 a read sees what was acknowledged, before it was dispatched', async () => {
    await fixture.close();
    const apart = await open({ dispatch: false });
    await apart.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 2');
    await apart.take('p1', did('purchase'));
    const profile = await apart.take('p1', did('purchase'));
    expect(await apart.segmentsOf(profile)).toEqual(['buyers']);
    expect(await apart.announced()).toEqual([]);
  });
});
