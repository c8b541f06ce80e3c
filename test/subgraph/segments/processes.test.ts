import { expect, test } from '@jest/globals';
import { announceForgotten } from '../../../flow/forgetting';
import { DAY_MS, describeSegments, did, HOUR_MS, MINUTE_MS, NOW_MS, type SegmentsFixture } from './segments-fixture';

describeSegments('several processes', (open, engine) => {
  const testShared = engine === 'mongodb' ? test : test.skip;

  const openTwo = async (): Promise<readonly [SegmentsFixture, SegmentsFixture]> => {
    const first = await open({ dispatch: false, pageSize: 3 });
    const { people, clock } = first;
    return [first, await open({ dispatch: false, pageSize: 3, people, clock })];
  };
  const deliver = async (fixtures: readonly SegmentsFixture[], from: number): Promise<void> => {
    const entries = fixtures[0]?.people.entries().slice(from) ?? [];
    await Promise.all(fixtures.map(({ subgraph }) => subgraph.reactions.ProfileChanged(entries)));
  };

  testShared('S-11 what two processes find at once is announced once', async () => {
    const both = await openTwo();
    const [first, second] = both;
    await first.putSegment('active', 'xEvent[timestamp occurs < 3 hours before now].count() >= 1');
    await second.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    for (let round = 0; round < 6; round += 1) {
      const from = first.people.entries().length;
      for (let person = 0; person < 8; person += 1) {
        if ((person + round) % 3) await first.take(`p${person}`, did(round % 2 ? 'purchase' : 'view'));
      }
      first.clock.advance(MINUTE_MS);
      await deliver(both, from);
      if (round === 3) first.clock.advance(4 * HOUR_MS);
      await Promise.all([first.idle(), second.idle()]);
    }
    first.clock.advance(DAY_MS);
    await Promise.all([first.idle(), second.idle()]);
    const announced = await first.announced();
    expect(new Set(announced.map(({ id }) => id)).size).toBe(announced.length);
    const last = new Map<string, string>();
    for (const { body } of announced) {
      const key = `${body.profileId} ${body.segmentId}`;
      expect(body.status).not.toBe(last.get(key) ?? 'EXITED');
      last.set(key, body.status);
    }
    for (let person = 0; person < 8; person += 1) {
      expect([last.get(`p${person} active`), last.get(`p${person} buyers`)]).toEqual(['EXITED', 'REALIZED']);
    }
    expect(await second.segmentsOf('p1')).toEqual(['buyers']);
  });

  testShared('S-6 a rule that one process publishes holds in the others at once', async () => {
    const [first, second] = await openTwo();
    await first.take('p1', did('purchase'));
    await deliver([second], 0);
    expect(await second.segmentsOf('p1')).toEqual([]);
    first.clock.advance(MINUTE_MS);
    await first.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    expect(await second.segmentsOf('p1')).toEqual(['buyers']);
    await Promise.all([first.idle(), second.idle()]);
    expect(await second.told()).toEqual(['p1 +buyers RULE']);
  });

  testShared('S-12 who subscribes at one process hears of what another one finds', async () => {
    const [first, second] = await openTwo();
    await first.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    const stream = await second.subscribe();
    const next = stream.next();
    await first.take('p1', did('purchase'));
    await deliver([first], 0);
    expect((await next).value.data.segmentQualificationChanged).toMatchObject({ profileId: 'p1', segmentId: 'buyers' });
    await stream.return?.();
  });

  testShared('S-12 P-19 who lags behind at one process is told nothing of who was erased at another', async () => {
    const [first, second] = await openTwo();
    await first.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    const [quick, slow] = [await second.subscribe(), await second.subscribe()];
    const hear = async (stream: typeof quick) => (await stream.next()).value.data.segmentQualificationChanged.profileId;
    const buy = async (profileId: string): Promise<void> => {
      const from = first.people.entries().length;
      await first.take(profileId, did('purchase'));
      await deliver([first], from);
    };
    const both = [hear(quick), hear(slow)];
    await buy('p1');
    expect(await Promise.all(both)).toEqual(['p1', 'p1']);
    for (const profileId of ['gone', 'p2']) {
      await buy(profileId);
      expect(await hear(quick)).toBe(profileId);
    }
    await first.store.log.erase('default', ['gone']);
    await first.subgraph.privacy.erase('default', { profileIds: ['gone'], identities: [] }, true);
    await announceForgotten(first.store, 'default', ['gone'], NOW_MS);
    await second.idle();
    expect(await hear(slow)).toBe('p2');
    for (const stream of [quick, slow]) await stream.return?.();
  });
});
