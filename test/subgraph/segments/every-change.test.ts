import { expect, test } from '@jest/globals';
import { createRandom } from '../../support/random';
import { describeSegments, did, MINUTE_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';

const RULE = 'xEvent[eventType = "cart"].count() >= 1 and xEvent[eventType = "purchase"].count() = 0';
const TOLD = ['p1 +open-cart EVENT', 'p1 -open-cart EVENT'];

describeSegments('several changes that are met at once', (open, engine) => {
  /** The one enters, the other leaves. */
  const cartAndPurchase = async (fixture: SegmentsFixture): Promise<void> => {
    for (const type of ['cart', 'purchase']) {
      fixture.clock.advance(MINUTE_MS);
      await fixture.take('p1', did(type, { _id: type }));
    }
  };
  const deliver = async (fixture: SegmentsFixture, from: number): Promise<void> => {
    await fixture.subgraph.reactions.ProfileChanged(fixture.people.entries().slice(from));
  };
  const openApart = () => open({ dispatch: false });
  const publish = async (fixture: SegmentsFixture): Promise<void> => {
    await fixture.putSegment('open-cart', RULE);
    await fixture.idle();
  };
  /** Somebody was there before the rule. */
  const openAfterView = async (): Promise<SegmentsFixture> => {
    const fixture = await openApart();
    await fixture.take('p1', did('view'));
    fixture.clock.advance(MINUTE_MS);
    await publish(fixture);
    return fixture;
  };

  test('S-11 each is announced of one who comes with them', async () => {
    const fixture = await openApart();
    await publish(fixture);
    await cartAndPurchase(fixture);
    await deliver(fixture, 0);
    expect(await fixture.told()).toEqual(TOLD);
  });

  test('S-11 each is announced of one who was there before the rule, and was never evaluated', async () => {
    const fixture = await openAfterView();
    await cartAndPurchase(fixture);
    await deliver(fixture, 1);
    expect(await fixture.told()).toEqual(TOLD);
  });

  test('S-11 each is announced of one who was evaluated under the rules before, also when they come one by one', async () => {
    const fixture = await openApart();
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.idle();
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    await deliver(fixture, 0);
    fixture.clock.advance(MINUTE_MS);
    await publish(fixture);
    await cartAndPurchase(fixture);
    for (const entry of fixture.people.entries()) await fixture.subgraph.reactions.ProfileChanged([entry]);
    expect((await fixture.told()).slice(1)).toEqual(TOLD);
  });

  test('S-11 each is announced of one whom a backfill meets first', async () => {
    const fixture = await openApart();
    await fixture.take('p1', did('view'));
    await fixture.putSegment('open-cart', RULE);
    await cartAndPurchase(fixture);
    await fixture.idle();
    await deliver(fixture, 0);
    expect(await fixture.told()).toEqual(TOLD);
  });

  test('S-11 each is announced of one who is read before they are delivered', async () => {
    const fixture = await openAfterView();
    await cartAndPurchase(fixture);
    expect(await fixture.segmentsOf('p1')).toEqual([]);
    await deliver(fixture, 0);
    expect(await fixture.told()).toEqual(TOLD);
  });

  test('S-11 what moved somebody before a new rule is told with that change, and not with a later one', async () => {
    const fixture = await openApart();
    await fixture.putSegment('seen', 'xEvent[eventType = "view"].count() >= 1');
    await fixture.idle();
    await fixture.take('p1', { attributes: { tier: 'tin' } });
    await deliver(fixture, 0);
    fixture.clock.advance(MINUTE_MS);
    await fixture.take('p1', did('view', { _id: 'first' }));
    fixture.clock.advance(MINUTE_MS);
    await fixture.putSegment('gold', 'tier = "gold"');
    fixture.clock.advance(MINUTE_MS);
    await fixture.take('p1', did('view', { _id: 'second' }));
    await deliver(fixture, 1);
    expect((await fixture.announced()).map(({ body }) => body.cause.reference)).toEqual(['web|first']);
  });

  test('S-11 what follows a merge at once is told after it', async () => {
    const fixture = await openApart();
    await publish(fixture);
    await fixture.take('p1', did('view'));
    await fixture.take('p2', did('cart'));
    await deliver(fixture, 0);
    await fixture.people.merge(fixture.store, 'p2', 'p1', fixture.clock.now());
    await fixture.take('p1', did('purchase'));
    await deliver(fixture, 2);
    const told = await fixture.told();
    expect(told.filter((move) => move.startsWith('p1'))).toEqual(['p1 +open-cart MERGE', 'p1 -open-cart EVENT']);
  });

  test('S-6 S-11 after a publication every change is told, however they are met: random people', async () => {
    const turns = engine === 'sqlite' ? 180 : 40;
    const random = createRandom(11);
    const below = (most: number): number => Math.floor(random() * most);
    const fixture = await openApart();
    const people = Array.from({ length: 16 }, (_, index) => `p${index + 10}`);
    const tiers = new Map<string, unknown>();
    const events = new Map<string, number>();
    const isIn: Readonly<Record<string, (id: string) => boolean>> = {
      even: (id) => (events.get(id) ?? 0) % 2 === 0,
      gold: (id) => tiers.get(id) === 'gold',
      third: (id) => (events.get(id) ?? 0) % 3 === 0,
      'tin-third': (id) => tiers.get(id) === 'tin' && (events.get(id) ?? 0) % 3 === 0,
    };
    const members = new Set<string>();
    const expected: string[] = [];
    const expectMoves = (id: string, segments: readonly string[], kind: string): void => {
      for (const segment of segments) {
        const [key, is] = [`${id} ${segment}`, isIn[segment]?.(id) ?? false];
        if (is !== members.has(key)) expected.push(`${id} ${is ? '+' : '-'}${segment} ${kind} ${fixture.clock.now()}`);
        if (is) members.add(key);
        else members.delete(key);
      }
    };
    const act = async (segments: readonly string[]): Promise<void> => {
      fixture.clock.advance(SECOND_MS);
      const id = people[below(people.length)] ?? '';
      const tier = below(3) === 0 ? ['gold', 'tin', 'none'][below(3)] : undefined;
      await fixture.take(id, tier ? { attributes: { tier } } : did('view'));
      if (tier) tiers.set(id, tier);
      else events.set(id, (events.get(id) ?? 0) + 1);
      expectMoves(id, segments, tier ? 'RECORD' : 'EVENT');
    };
    const publish = async (rules: Readonly<Record<string, string>>): Promise<void> => {
      for (const [id, rule] of Object.entries(rules)) await fixture.putSegment(id, rule);
    };

    await publish({ even: 'xEvent.count() % 2 = 0', gold: 'tier = "gold"' });
    await fixture.idle();
    for (let turn = 0; turn < turns / 3; turn += 1) await act(['even', 'gold']);
    await deliver(fixture, 0);
    fixture.clock.advance(SECOND_MS);
    await publish({ third: 'xEvent.count() % 3 = 0', 'tin-third': 'tier = "tin" and inSegment("third")' });
    const all = Object.keys(isIn);
    for (const id of new Set(fixture.people.ids())) expectMoves(id, all, 'RULE');
    for (let from = fixture.people.entries().length; from < turns; ) {
      for (let more = below(24); more > 0; more -= 1) await act(all);
      if (below(3) === 0) await fixture.segmentsOf(people[below(people.length)] ?? '');
      if (from > turns / 2) await fixture.idle();
      await deliver(fixture, from);
      from = fixture.people.entries().length;
    }
    await fixture.idle();
    const told = (await fixture.announced()).map(({ body }) => {
      const { profileId, status, segmentId, cause, atMs } = body;
      return `${profileId} ${status === 'REALIZED' ? '+' : '-'}${segmentId} ${cause.kind} ${atMs}`;
    });
    expect(told.toSorted()).toEqual(expected.toSorted());
  });
});
