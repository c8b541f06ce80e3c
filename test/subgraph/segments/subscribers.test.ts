import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { createHubs } from '../../../subgraphs/segments/use-cases/qualification-hub';
import type { Announcement } from '../../../subgraphs/segments/use-cases/qualification-tail';
import { describeSegments, NOW_MS, type SegmentsFixture } from './segments-fixture';

interface Told {
  readonly cursor: string;
  readonly profileId: string;
  readonly segmentId: string;
}

describeSegments('many subscribers', (open, engine) => {
  let fixture: SegmentsFixture;
  let announced = 0;
  beforeEach(async () => {
    announced = 0;
    fixture = await open({ dispatch: false });
  });
  /** Announces one entry of a person a piece, as the evaluation of changes does. */
  const announce = async (count: number): Promise<void> => {
    for (const last = announced + count; announced < last; ) {
      const page = Array.from({ length: Math.min(500, last - announced) }, () => {
        const profileId = `p${announced++}`;
        const cause = { kind: 'EVENT', reference: `web|${profileId}` };
        const rest = { segmentId: announced % 2 ? 'odd' : 'even', segmentVersion: 1, status: 'REALIZED', cause };
        const body = { profileId, revision: 1, atMs: NOW_MS, ...rest };
        return { stream: 'MembershipChanged', key: profileId, id: profileId, at: NOW_MS, body };
      });
      await fixture.store.commit({ sandbox: 'default', writes: [], entries: page });
    }
  };
  const take = async (stream: AsyncIterator<ExecutionResult>, count: number): Promise<Told[]> => {
    const told: Told[] = [];
    while (told.length < count) {
      const { value } = await stream.next();
      told.push((value.data as { segmentQualificationChanged: Told }).segmentQualificationChanged);
    }
    return told;
  };
  const peopleOf = (told: readonly Told[]) => told.map(({ profileId }) => profileId).sort();
  const expected = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `p${from + index}`).sort();

  test('S-12 a thousand, of whom half never read: the others hear all, each once, and memory stays bounded', async () => {
    const half = engine === 'sqlite' ? 500 : 50;
    const changes = engine === 'sqlite' ? 5_000 : 500;
    const idle = await Promise.all(Array.from({ length: half }, () => fixture.subscribe()));
    const busy = await Promise.all(Array.from({ length: half }, () => fixture.subscribe({ segments: ['odd'] })));
    // One is asked for and left; whatever comes after it is not.
    const asked = idle.map((stream) => take(stream, 1));
    const heard = busy.map((stream) => take(stream, 5));
    await announce(10);
    await Promise.all(asked);
    for (const told of await Promise.all(heard)) expect(told.every(({ segmentId }) => segmentId === 'odd')).toBe(true);
    const before = usedBytes();
    await announce(changes);
    const [one] = busy;
    const told = one ? await take(one, changes / 2) : [];
    expect(new Set(told.map(({ profileId }) => profileId)).size).toBe(changes / 2);
    // A list of what waits for each would hold a reference to each change for each of them.
    expect(usedBytes() - before).toBeLessThan(16 * 1024 * 1024);
    const [late] = idle;
    expect(peopleOf(late ? await take(late, announced - 1) : [])).toHaveLength(announced - 1);
    for (const stream of [...idle, ...busy]) await stream.return?.();
  }, 120_000);

  test('S-12 who falls behind those that read together, reads the log alone, and misses nothing', async () => {
    const [quick, slow] = [await fixture.subscribe(), await fixture.subscribe()];
    const both = [take(quick, 10), take(slow, 10)];
    await announce(10);
    await Promise.all(both);
    await announce(2_100);
    expect(peopleOf(await take(quick, 2_100))).toEqual(expected(10, 2_110));
    const before = await take(slow, 1_000);
    await announce(100);
    const after = await take(slow, 1_200);
    expect(peopleOf([...before, ...after])).toEqual(expected(10, 2_210));
    expect(peopleOf(await take(quick, 100))).toEqual(expected(2_110, 2_210));
    const together = [take(quick, 100), take(slow, 100)];
    await announce(100);
    for (const told of await Promise.all(together)) expect(peopleOf(told)).toEqual(expected(2_210, 2_310));
    for (const stream of [quick, slow]) await stream.return?.();
  });

  test('S-12 P-19 who lags behind those that read together is told nothing of who was erased meanwhile', async () => {
    const [quick, slow] = [await fixture.subscribe(), await fixture.subscribe()];
    const both = [take(quick, 1), take(slow, 1)];
    await announce(1);
    await Promise.all(both);
    await announce(20);
    await take(quick, 20);
    await fixture.store.log.erase('default', ['p5']);
    await fixture.subgraph.privacy.erase('default', { profileIds: ['p5'], identities: [] }, true);
    const told = peopleOf(await take(slow, 19));
    expect(told).toEqual(expected(1, 21).filter((id) => id !== 'p5'));
    for (const stream of [quick, slow]) await stream.return?.();
  });

  test('S-12 whatever is read together or alone, a cursor leads on from it', async () => {
    const streams = [await fixture.subscribe(), await fixture.subscribe(), await fixture.subscribe()];
    const told = streams.map((stream) => take(stream, 200));
    await announce(200);
    const first = await Promise.all(told);
    for (const stream of streams) await stream.return?.();
    await announce(50);
    for (const own of first) {
      const again = await fixture.subscribe({ after: own[99]?.cursor });
      const rest = await take(again, 150);
      expect(peopleOf([...own.slice(0, 100), ...rest])).toEqual(expected(0, 250));
      await again.return?.();
    }
  });
});

test('S-12 who joins those that read together is not told again what stands there in a moment', async () => {
  const wakers = new Set<() => void>();
  const entries: Announcement[] = [];
  const hubs = createHubs({
    partitions: 1,
    head: async () => [entries.length],
    read: async (_, after) => entries.slice(after),
    onMore: (wake) => {
      wakers.add(wake);
      return () => wakers.delete(wake);
    },
    erase: () => {},
    close: async () => {},
  });
  const join = (position: number) => hubs.find('all', [position], async (page) => page);
  const leave = join(0)?.enter(() => {});
  const body = { profileId: 'p', revision: 1, segmentId: 's', segmentVersion: 1, status: 'REALIZED' } as const;
  const cause = { kind: 'EVENT' } as const;
  const place = { stream: 'MembershipChanged', sandbox: 'default', partition: 0, position: 1, at: 1 };
  entries.push({ ...place, key: 'p', id: '1', body: { ...body, atMs: 1, cause } });
  for (const wake of wakers) wake();
  const ends: (number | undefined)[] = [];
  for (let tick = 0; tick < 50; tick += 1) {
    await Promise.resolve();
    ends.push(join(1)?.end());
  }
  expect(new Set(ends)).toEqual(new Set([undefined, 1]));
  leave?.();
});

/** What is in use when everything that nobody holds is gone. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
