import { beforeEach, expect, test } from '@jest/globals';
import { describeSegments, did, HOUR_MS, NOW_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';

describeSegments('merge and split', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
    await fixture.putSegment('one', 'xEvent.count() = 1');
    await fixture.putSegment('many', 'xEvent.count() > 1');
    await fixture.putSegment('gold', 'tier = "gold"');
  });
  const moves = async (profileId: string) =>
    (await fixture.told()).filter((line) => line.startsWith(`${profileId} `) && !line.endsWith('EVENT'));

  test('S-8 S-11 the profile that ends announces its exits, the one that stays its gains, cause MERGE', async () => {
    await fixture.take('young', did('view'), { attributes: { tier: 'gold' } });
    await fixture.take('old', did('view'));
    await fixture.idle();
    const merged = await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    expect(await fixture.segmentsOf(merged)).toEqual(['gold', 'many']);
    await fixture.idle();
    expect((await moves('young')).toSorted()).toEqual(['young -gold MERGE', 'young -one MERGE']);
    expect((await moves('old')).toSorted()).toEqual(['old +gold MERGE', 'old +many MERGE', 'old -one MERGE']);
    expect(await fixture.segmentsOf({ id: 'young', revision: 2 })).toEqual([]);
  });

  test('S-8 nobody is left in two segments that exclude each other, at any step', async () => {
    await fixture.take('young', did('view'));
    await fixture.take('old', did('view'));
    await fixture.idle();
    const merged = await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    expect(await fixture.segmentsOf(merged)).toEqual(['many']);
    await fixture.idle();
    const { members } = fixture.subgraph.reader;
    const one = await members('default', 'one', { limit: 10 });
    const many = await members('default', 'many', { limit: 10 });
    expect(one).toEqual([]);
    expect(many.map(({ profileId }) => profileId)).toEqual(['old']);
  });

  test('S-8 S-15 a merge moves rules that need a scan too, and whoever is in one stays when another is published', async () => {
    const bought = (type: string) => `xEvent.groupBy(eventType).get("${type}").count() > 0`;
    await fixture.putSegment('buyers', bought('buy'));
    await fixture.putSegment('lookers', `not (${bought('buy')})`);
    await fixture.idle();
    await fixture.take('young', did('buy'));
    await fixture.take('old', did('view'));
    await fixture.idle();
    await fixture.get('mutation { evaluateSegments(ids: ["buyers", "lookers"]) { id } }');
    await fixture.idle();
    expect(await fixture.segmentsOf('old')).toEqual(['lookers', 'one']);
    await fixture.putSegment('other', 'tier = "gold"');
    await fixture.idle();
    expect([await fixture.segmentsOf('old'), await fixture.segmentsOf('young')]).toEqual([
      ['lookers', 'one'],
      ['buyers', 'one'],
    ]);
    const merged = await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    expect(await fixture.segmentsOf(merged)).toEqual(['buyers', 'many']);
    await fixture.idle();
    expect((await moves('old')).filter((line) => line.includes('ers '))).toEqual([
      'old +lookers TIME',
      'old -lookers MERGE',
      'old +buyers MERGE',
    ]);
  });

  test('S-8 nobody who reads meanwhile sees two that exclude each other, nor none of them', async () => {
    let isOver = false;
    let reads = 0;
    const read = async (): Promise<void> => {
      while (!isOver) {
        for (const id of ['old', 'young']) {
          const person = fixture.people.snapshot(id);
          if (person?.id !== id) continue;
          // Of the revision that is just known, and of one that was seen before.
          for (const revision of [person.revision, 1]) {
            const held = (await fixture.segmentsOf({ id, revision })).filter((segment) => segment !== 'gold');
            expect(fixture.people.snapshot(id) ? held.length : 1).toBe(1);
            reads += 1;
          }
        }
        await new Promise(setImmediate);
      }
    };
    await fixture.take('old', did('view'));
    const readers = Promise.all([read(), read(), read()]);
    for (let round = 0; round < 8; round += 1) {
      await fixture.people.split(fixture.store, 'old', `young-${round}`, 0, NOW_MS);
      await fixture.take(`young-${round}`, did('view'));
      await fixture.idle();
      await fixture.people.merge(fixture.store, `young-${round}`, 'old', NOW_MS);
      await fixture.idle();
      await fixture.people.split(fixture.store, 'old', `back-${round}`, 1, NOW_MS);
      await fixture.idle();
    }
    isOver = true;
    await readers;
    expect(reads).toBeGreaterThan(16);
    expect(await fixture.segmentsOf('old')).toEqual(['one']);
  });

  test('S-8 a split gives back: both are evaluated anew, cause SPLIT', async () => {
    await fixture.take('p1', did('view'), did('view'));
    await fixture.idle();
    const gained = await fixture.people.split(fixture.store, 'p1', 'p2', 1, NOW_MS);
    expect(await fixture.segmentsOf(gained)).toEqual(['one']);
    await fixture.idle();
    expect(await moves('p1')).toEqual(['p1 -many SPLIT', 'p1 +one SPLIT']);
    expect(await moves('p2')).toEqual(['p2 +one SPLIT']);
  });

  test('S-8 time moves nobody who is no more', async () => {
    await fixture.putSegment('active', 'xEvent[timestamp occurs < 3 hours before now].count() >= 1');
    await fixture.take('young', did('view'));
    await fixture.take('old', did('view'));
    await fixture.idle();
    await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    await fixture.idle();
    fixture.clock.advance(4 * HOUR_MS);
    await fixture.idle();
    expect((await fixture.told()).filter((line) => line.includes('-active'))).toEqual(
      expect.arrayContaining(['young -active MERGE', 'old -active TIME']),
    );
    expect((await fixture.told()).filter((line) => line.includes('-active'))).toHaveLength(2);
  });

  test('S-11 a profile that is removed exits everywhere, and is counted nowhere', async () => {
    await fixture.take('p1', did('view'));
    await fixture.take('p2', did('view'));
    await fixture.idle();
    await fixture.people.remove(fixture.store, 'p1', NOW_MS);
    await fixture.idle();
    expect(await moves('p1')).toEqual(['p1 -one PRIVACY']);
    const { segment } = await fixture.get<{ segment: object }>('{ segment(id: "one") { counts { realized exited } } }');
    expect(segment).toEqual({ counts: { realized: 1, exited: 0 } });
  });

  test('S-11 delivered twice, changes and ends announce once', async () => {
    await fixture.take('young', did('view'));
    await fixture.take('old', did('view'));
    await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    await fixture.idle();
    const told = await fixture.told();
    await fixture.subgraph.reactions.ProfileChanged(fixture.people.entries());
    await fixture.close();
    const again = await fixture.reopen();
    await again.subgraph.reactions.ProfileChanged(again.people.entries());
    await again.idle();
    expect(await again.told()).toEqual(told);
  });

  test('S-11 changes that were lost from the log are made up for by the profile itself', async () => {
    await fixture.close();
    const apart = await open({ dispatch: false, people: fixture.people });
    await apart.take('p1', did('view'));
    await apart.subgraph.reactions.ProfileChanged(apart.people.entries());
    await apart.take('p1', did('view'));
    apart.people.trim();
    const last = await apart.take('p1', did('view'));
    expect(await apart.segmentsOf(last)).toEqual(['many']);
    await apart.subgraph.reactions.ProfileChanged(apart.people.entries().slice(-1));
    expect(await apart.told()).toEqual(expect.arrayContaining(['p1 -one EVENT', 'p1 +many EVENT']));
  });

  test('S-11 moves of one profile are announced in their order', async () => {
    await fixture.putSegment('active', 'xEvent[timestamp occurs < 10 seconds before now].count() >= 1');
    for (let round = 0; round < 5; round += 1) {
      await fixture.take('p1', did('view'));
      fixture.clock.advance(11 * SECOND_MS);
    }
    await fixture.idle();
    const active = (await fixture.announced())
      .filter(({ body }) => body.segmentId === 'active')
      .map(({ body }) => body);
    expect(active.map(({ status }) => status)).toEqual(active.map((_, index) => (index % 2 ? 'EXITED' : 'REALIZED')));
    expect(active.map(({ atMs }) => atMs)).toEqual(active.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  });
});
