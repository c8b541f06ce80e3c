import { beforeEach, expect, test } from '@jest/globals';
import { HALF_LIFE_MS, tellComputed } from './plain-computed';
import {
  DAY_MS,
  describeSegments,
  did,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  SECOND_MS,
  type SegmentsFixture,
} from './segments-fixture';

const ACTIVE = 'xEvent[timestamp occurs < 3 hours before now].count() >= 1';

describeSegments('time', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
  });
  const instants = async () =>
    (await fixture.announced()).map(({ body }) => `${body.profileId} ${(body.atMs - NOW_MS) / SECOND_MS}`);

  test('S-7 an entry by time alone is announced too', async () => {
    await fixture.putSegment(
      'lapsed',
      'xEvent.count() > 0 and xEvent[timestamp occurs < 30 days before now].count() = 0',
    );
    const person = await fixture.take('p1', did('view'));
    await fixture.idle();
    expect(await fixture.told()).toEqual([]);
    fixture.clock.advance(30 * DAY_MS + SECOND_MS);
    expect(await fixture.segmentsOf(person)).toEqual(['lapsed']);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +lapsed TIME']);
  });

  test('S-7 an event that comes later puts the exit off, and the old due instant announces nothing', async () => {
    await fixture.putSegment('active', ACTIVE);
    await fixture.take('p1', did('view'));
    await fixture.idle();
    fixture.clock.advance(2 * HOUR_MS);
    await fixture.take('p1', did('view'));
    await fixture.idle();
    fixture.clock.advance(2 * HOUR_MS);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +active EVENT']);
    fixture.clock.advance(HOUR_MS);
    await fixture.idle();
    expect(await instants()).toEqual(['p1 0', `p1 ${(5 * HOUR_MS) / SECOND_MS}`]);
  });

  test('S-7 a change that is not dispatched yet is seen before time has its effect', async () => {
    await fixture.close();
    const apart = await open({ dispatch: false });
    await apart.putSegment('active', ACTIVE);
    await apart.take('p1', did('view'));
    await apart.subgraph.reactions.ProfileChanged(apart.people.entries());
    await apart.idle();
    apart.clock.advance(2 * HOUR_MS);
    await apart.take('p1', did('view'));
    apart.clock.advance(2 * HOUR_MS);
    await apart.idle();
    expect(await apart.told()).toEqual(['p1 +active EVENT']);
  });

  test('S-7 what fell due while nobody ran is announced on the start, in its order, with its due time', async () => {
    await fixture.putSegment('active', ACTIVE);
    await fixture.putSegment('recent', 'xEvent[timestamp occurs < 1 hours before now].count() >= 1');
    for (const id of ['p3', 'p1', 'p2']) {
      await fixture.take(id, did('view'));
      fixture.clock.advance(MINUTE_MS);
    }
    await fixture.idle();
    await fixture.close();
    fixture.clock.advance(DAY_MS);
    const again = await fixture.reopen();
    await again.idle();
    const announced = (await again.announced()).filter(({ body }) => body.cause.kind === 'TIME');
    expect(announced).toHaveLength(6);
    for (let partition = 0; partition < again.store.log.partitions; partition += 1) {
      const order = announced.filter((entry) => entry.partition === partition).map(({ body }) => body.atMs);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    const after = announced.map(({ body }) => body);
    expect(after.map(({ profileId, segmentId, atMs }) => [profileId, segmentId, (atMs - NOW_MS) / MINUTE_MS])).toEqual(
      expect.arrayContaining([
        ['p3', 'recent', 60],
        ['p1', 'recent', 61],
        ['p2', 'active', 182],
      ]),
    );
  });

  test('S-7 the passing of time alone announces an exit, and so does a start after it: nobody need ask', async () => {
    await fixture.putSegment('active', ACTIVE);
    await fixture.take('p1', did('view'));
    await fixture.idle();
    const stream = await fixture.subscribe();
    const next = stream.next();
    fixture.clock.advance(3 * HOUR_MS);
    const exit = (await next).value.data.segmentQualificationChanged;
    expect(exit).toMatchObject({ status: 'EXITED', at: new Date(NOW_MS + 3 * HOUR_MS), cause: { kind: 'TIME' } });
    await stream.return?.();
    await fixture.take('p1', did('view'));
    await fixture.idle();
    await fixture.close();
    fixture.clock.advance(DAY_MS);
    const again = await fixture.reopen();
    const late = await again.subscribe({ after: exit.cursor });
    expect((await late.next()).value.data.segmentQualificationChanged.status).toBe('REALIZED');
    expect((await late.next()).value.data.segmentQualificationChanged).toMatchObject({
      status: 'EXITED',
      at: new Date(NOW_MS + 6 * HOUR_MS),
    });
    await late.return?.();
  });

  test('S-7 many due at once are announced page after page, in order', async () => {
    await fixture.putSegment('active', ACTIVE);
    for (let index = 0; index < 60; index += 1) {
      await fixture.take(
        `p${index}`,
        ...Array.from({ length: 10 }, (_, at) => did('view', {}, NOW_MS - at * SECOND_MS)),
      );
    }
    await fixture.idle();
    fixture.clock.advance(DAY_MS);
    await fixture.idle();
    expect((await fixture.told()).filter((line) => line.endsWith('TIME'))).toHaveLength(60);
  });

  test('S-7 a score that fades leaves its segment at the very instant, and a window of an attribute too', async () => {
    await fixture.close();
    const computing = await open({ compute: tellComputed });
    await computing.putSegment('fans', 'computedAttributes.liked.view > 1.5');
    await computing.putSegment('busy', 'computedAttributes.recent >= 2');
    await computing.take('p1', did('view'), did('view'));
    await computing.idle();
    computing.clock.advance(30 * DAY_MS);
    await computing.idle();
    const moves = (await computing.announced()).map(({ body }) => body);
    expect(moves.map(({ segmentId, status, atMs }) => [segmentId, status, atMs - NOW_MS])).toEqual([
      ['busy', 'REALIZED', 0],
      ['fans', 'REALIZED', 0],
      ['busy', 'EXITED', 5 * HOUR_MS],
      ['fans', 'EXITED', Math.ceil(HALF_LIFE_MS * Math.log2(2 / 1.5))],
    ]);
  });

  test('S-10 a membership tells until when it holds by itself', async () => {
    await fixture.putSegment('active', ACTIVE);
    await fixture.putSegment('gold', 'tier = "gold"');
    const person = await fixture.take('p1', did('view'), { attributes: { tier: 'gold' } });
    const memberships = await fixture.memberships(person);
    expect(memberships.map(({ segment, validUntil }) => [segment.id, validUntil])).toEqual([
      ['active', new Date(NOW_MS + 3 * HOUR_MS).toISOString()],
      ['gold', null],
    ]);
  });

  test('S-7 Cart abandoners: a purchase ends it at once, its lack after three hours', async () => {
    await fixture.putSegment(
      'cart-abandoners',
      `chain(xEvent, timestamp, [A: WHAT(eventType = "cart") WHEN(< 3 hours before now), B: not WHAT(eventType = "purchase")])`,
    );
    const buyer = await fixture.take('buyer', did('cart'));
    const other = await fixture.take('other', did('cart'));
    expect(await fixture.segmentsOf(buyer)).toEqual(['cart-abandoners']);
    fixture.clock.advance(MINUTE_MS);
    const bought = await fixture.take('buyer', did('purchase'));
    expect(await fixture.segmentsOf(bought)).toEqual([]);
    await fixture.idle();
    fixture.clock.moveTo(NOW_MS + 3 * HOUR_MS + SECOND_MS);
    expect(await fixture.segmentsOf(other)).toEqual([]);
    await fixture.idle();
    expect([...(await fixture.told())].sort()).toEqual([
      'buyer +cart-abandoners EVENT',
      'buyer -cart-abandoners EVENT',
      'other +cart-abandoners EVENT',
      'other -cart-abandoners TIME',
    ]);
  });
});
