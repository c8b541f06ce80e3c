import { expect, test } from '@jest/globals';
import type { Dispatcher } from '../../flow/dispatch';
import { DONE } from '../../flow/reactions';
import type { Clock } from '../../platform/clock';
import type { Store } from '../../platform/store/store';
import { describeMongoStore } from '../support/every-store';
import { createManualClock } from '../support/manual-clock';
import { announce, changeOf, FLOW_COLLECTIONS, startDispatcher } from './flow-fixture';

const RENEW_MS = 2500;
const LEASE_MS = 10_000;
const KEYS = Array.from({ length: 64 }, (_, at) => `person${at}`);

/** A process that dispatches: a store, a dispatcher and a clock of its own. */
interface Member {
  readonly name: string;
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly leaseClock: LeaseClock;
}

/** A clock that moves from one renewal to the next. */
interface LeaseClock extends Clock {
  /** Moves on, and resolves when the renewal that was due is over. */
  renew(): Promise<void>;
}

function createLeaseClock(): LeaseClock {
  const clock = createManualClock();
  let armed = (): void => undefined;
  return {
    now: clock.now,
    at(atMs, fire) {
      armed();
      return clock.at(atMs, fire);
    },
    async renew() {
      const over = new Promise<void>((resolve) => {
        armed = resolve;
      });
      clock.advance(RENEW_MS);
      await over;
    },
  };
}

/** Who handled what, and whether two ever handled one partition at the same time. */
function createWitness() {
  const handled: { readonly id: string; readonly key: string; readonly partition: number; readonly by: string }[] = [];
  const busy = new Set<number>();
  const overlaps: number[] = [];
  const reactionOf =
    (by: string): Parameters<typeof startDispatcher>[2] =>
    async (entries) => {
      const partition = entries[0]?.partition ?? 0;
      if (busy.has(partition)) overlaps.push(partition);
      busy.add(partition);
      await new Promise<void>((resolve) => setImmediate(resolve));
      busy.delete(partition);
      for (const { id, key } of entries) handled.push({ id, key, partition, by });
      return entries.map(() => DONE);
    };
  const handlersSince = (from: number): ReadonlyMap<number, ReadonlySet<string>> => {
    const byPartition = new Map<number, Set<string>>();
    for (const { partition, by } of handled.slice(from)) {
      byPartition.set(partition, (byPartition.get(partition) ?? new Set()).add(by));
    }
    return byPartition;
  };
  return { handled, overlaps, reactionOf, handlersSince };
}

describeMongoStore('several dispatchers on one log', (place) => {
  const witness = createWitness;
  const join = async (name: string, seen: ReturnType<typeof createWitness>): Promise<Member> => {
    const store = await place.open(FLOW_COLLECTIONS);
    const leaseClock = createLeaseClock();
    const options = { holder: name, leaseClock };
    const dispatcher = startDispatcher(store, createManualClock(), seen.reactionOf(name), options);
    await dispatcher.idle();
    return { name, store, dispatcher, leaseClock };
  };
  /** Lets time pass for the living, one renewal after another. */
  const pass = async (members: readonly Member[], renewals: number): Promise<void> => {
    for (let at = 0; at < renewals; at++) for (const { leaseClock } of members) await leaseClock.renew();
  };
  const announceRound = async (store: Store, revision: number): Promise<void> =>
    announce(
      store,
      KEYS.map((key) => changeOf(key, revision)),
    );
  const settle = (members: readonly Member[]): Promise<unknown> =>
    Promise.all(members.map(({ dispatcher }) => dispatcher.idle()));
  const leave = (members: readonly Member[]): Promise<unknown> =>
    Promise.all(members.map(({ dispatcher }) => dispatcher.close()));

  test('share the lanes, each handled by one alone, every entry once and each key in order', async () => {
    const seen = witness();
    const first = await join('first', seen);
    await announceRound(first.store, 1);
    await settle([first]);
    const all = [first, await join('second', seen), await join('third', seen)];
    await pass(all, 3);
    const from = seen.handled.length;
    for (let revision = 2; revision <= 6; revision++) {
      // Settled after it, as a holder that is asked before stores no more than it was asked for.
      await announceRound(all[revision % 3]?.store ?? first.store, revision);
      if (revision % 2 === 0) await settle(all);
    }
    await settle(all);
    expect(seen.overlaps).toEqual([]);
    expect(new Set(seen.handled.map(({ id }) => id)).size).toBe(6 * KEYS.length);
    expect(seen.handled).toHaveLength(6 * KEYS.length);
    const handlers = [...seen.handlersSince(from).values()];
    expect(handlers.every(({ size }) => size === 1)).toBe(true);
    const shares = ['first', 'second', 'third'].map((name) => handlers.filter((names) => names.has(name)).length);
    expect(Math.max(...shares)).toBeLessThanOrEqual(6);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    for (const key of KEYS) {
      const ids = seen.handled.filter((each) => each.key === key).map(({ id }) => id);
      expect(ids).toEqual([1, 2, 3, 4, 5, 6].map((revision) => `${key}|${revision}`));
    }
    await leave(all);
  });

  test('take over what a dead one held, when its time has run out and not before', async () => {
    const seen = witness();
    const survivor = await join('survivor', seen);
    const dead = await join('dead', seen);
    await pass([survivor, dead], 3);
    await announceRound(survivor.store, 1);
    await settle([survivor, dead]);
    const heldByDead = [...seen.handlersSince(0)].filter(([, names]) => names.has('dead')).map(([at]) => at);
    expect(heldByDead.length).toBeGreaterThan(0);
    await dead.store.close();
    const from = seen.handled.length;
    await announceRound(survivor.store, 2);
    // Its lanes are held until a lease's time after its last renewal.
    await pass([survivor], LEASE_MS / RENEW_MS - 1);
    expect([...seen.handlersSince(from).keys()].filter((at) => heldByDead.includes(at))).toEqual([]);
    await pass([survivor], 2);
    await settle([survivor]);
    const ids = seen.handled.slice(from).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(KEYS.map((key) => `${key}|2`)));
    expect(seen.overlaps).toEqual([]);
    await leave([survivor, dead]);
  });

  test('give back at once what one held that ended in order', async () => {
    const seen = witness();
    const all = [await join('stays', seen), await join('leaves', seen)] as const;
    await pass(all, 3);
    await all[1].dispatcher.close();
    const from = seen.handled.length;
    await announceRound(all[0].store, 1);
    await pass([all[0]], 1);
    await settle([all[0]]);
    expect(seen.handled.slice(from).every(({ by }) => by === 'stays')).toBe(true);
    expect(seen.handled).toHaveLength(KEYS.length);
    await leave([all[0]]);
  });
});
