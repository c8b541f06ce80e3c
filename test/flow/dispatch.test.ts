import { describe, expect, test } from '@jest/globals';
import { DONE, type Outcome } from '../../flow/reactions';
import { AppError } from '../../platform/errors';
import type { Store } from '../../platform/store/store';
import { describeEveryStore } from '../support/every-store';
import { createManualClock } from '../support/manual-clock';
import {
  announce,
  changeOf,
  createGate,
  createLaterClock,
  deadLetters,
  FLOW_COLLECTIONS,
  type OnProfileChanged,
  startDispatcher,
} from './flow-fixture';

const retry = (reason: string): Outcome => ({ kind: 'retry', reason });

/**
 * A reaction that remembers what it was shown and what it did, and answers by `outcomeOf` (default: done). Behind a
 * failure it leaves the rest of that key alone.
 */
function createRecorder(outcomeOf: (id: string, times: number) => Outcome = () => DONE) {
  const delivered: string[] = [];
  const done: string[] = [];
  const batches: number[] = [];
  const reaction: OnProfileChanged = async (entries) => {
    batches.push(entries.length);
    const failed = new Set<string>();
    return entries.map(({ id, key }) => {
      delivered.push(id);
      const times = delivered.filter((each) => each === id).length;
      const outcome = failed.has(key) ? retry('Something before it failed.') : outcomeOf(id, times);
      if (outcome.kind === 'retry') failed.add(key);
      else done.push(id);
      return outcome;
    });
  };
  const ofKey = (key: string): readonly string[] => delivered.filter((id) => id.startsWith(`${key}|`));
  const doneOf = (key: string): readonly string[] => done.filter((id) => id.startsWith(`${key}|`));
  return { reaction, delivered, batches, ofKey, doneOf };
}

const changes = (key: string, count: number) => Array.from({ length: count }, (_, at) => changeOf(key, at + 1));
const idsOf = (key: string, count: number) => changes(key, count).map(({ id }) => id);

describeEveryStore('dispatch', (place) => {
  const open = (): Promise<Store> => place.open(FLOW_COLLECTIONS);

  describe('delivering', () => {
    test('brings every entry once, in order per key, in batches of at most the given size', async () => {
      const store = await open();
      const { reaction, delivered, batches, ofKey } = createRecorder();
      await announce(
        store,
        ['a', 'b', 'c'].flatMap((key) => changes(key, 10)),
      );
      const dispatcher = startDispatcher(store, createManualClock(), reaction, { batchSize: 8 });
      await dispatcher.idle();
      await announce(store, [changeOf('a', 11)]);
      await dispatcher.idle();
      expect(delivered).toHaveLength(31);
      expect(ofKey('a')).toEqual(idsOf('a', 11));
      expect(ofKey('b')).toEqual(idsOf('b', 10));
      expect(Math.max(...batches)).toBeLessThanOrEqual(8);
      await dispatcher.close();
    });

    test('goes on where it ended, also in another process', async () => {
      const store = await open();
      const first = createRecorder();
      const clock = createManualClock();
      await announce(store, changes('a', 5));
      const before = startDispatcher(store, clock, first.reaction);
      await before.idle();
      await before.close();
      await store.close();
      const again = await open();
      const second = createRecorder();
      await announce(again, [changeOf('a', 6)]);
      const after = startDispatcher(again, clock, second.reaction);
      await after.idle();
      expect([first.delivered, second.delivered]).toEqual([idsOf('a', 5), ['a|6']]);
      await after.close();
    });

    test('says idle at once when it was not started or is closed', async () => {
      const store = await open();
      await announce(store, changes('a', 1));
      const { reaction, delivered } = createRecorder();
      const dispatcher = startDispatcher(store, createManualClock(), reaction);
      await dispatcher.close();
      await dispatcher.idle();
      expect(delivered.length).toBeLessThanOrEqual(1);
    });
  });

  describe('a crash between two steps', () => {
    test('after the reaction and before its place was stored delivers the same again', async () => {
      const store = await open();
      const clock = createManualClock();
      const reached = createGate();
      const first = createRecorder();
      await announce(store, changes('a', 5));
      const before = startDispatcher(store, clock, async (entries) => {
        const outcomes = await first.reaction(entries);
        reached.open();
        return outcomes;
      });
      await reached.passed;
      await store.close();
      await before.close();
      const again = await open();
      const second = createRecorder();
      const after = startDispatcher(again, clock, second.reaction, { leaseClock: createLaterClock() });
      await after.idle();
      expect(second.delivered).toEqual(first.delivered);
      expect(second.delivered).toEqual(idsOf('a', 5));
      await after.close();
    });

    test('while a key waits for another try delivers that key from there on again, and loses nothing', async () => {
      const store = await open();
      const clock = createManualClock();
      const first = createRecorder((id) => (id === 'a|2' ? retry('not yet') : DONE));
      await announce(store, [...changes('a', 3), ...changes('b', 2)]);
      const before = startDispatcher(store, clock, first.reaction);
      await before.idle();
      await store.close();
      await before.close();
      const again = await open();
      const second = createRecorder();
      const after = startDispatcher(again, clock, second.reaction, { leaseClock: createLaterClock() });
      await after.idle();
      expect(second.ofKey('a').slice(-2)).toEqual(['a|2', 'a|3']);
      expect(new Set([...first.ofKey('b'), ...second.ofKey('b')])).toEqual(new Set(idsOf('b', 2)));
      await after.close();
    });
  });

  describe('a key that fails', () => {
    test('waits in order while the others go on, and catches up when it is due', async () => {
      const store = await open();
      const clock = createManualClock();
      const { reaction, ofKey, doneOf } = createRecorder((id, times) =>
        id === 'a|2' && times < 3 ? retry('not yet') : DONE,
      );
      const dispatcher = startDispatcher(store, clock, reaction);
      await announce(store, [...changes('a', 3), ...changes('b', 3), ...changes('c', 3)]);
      await dispatcher.idle();
      expect([doneOf('a'), doneOf('b'), doneOf('c')]).toEqual([['a|1'], idsOf('b', 3), idsOf('c', 3)]);
      await announce(store, [changeOf('a', 4), changeOf('b', 4)]);
      await dispatcher.idle();
      expect(doneOf('b')).toEqual(idsOf('b', 4));
      expect(ofKey('a')).not.toContain('a|4');
      const triesAfter = async (ms: number): Promise<number> => {
        clock.advance(ms);
        await dispatcher.idle();
        return ofKey('a').filter((id) => id === 'a|2').length;
      };
      expect([await triesAfter(999), await triesAfter(1), await triesAfter(1999)]).toEqual([1, 2, 2]);
      expect(doneOf('a')).toEqual(['a|1']);
      expect(await triesAfter(1)).toBe(3);
      expect(doneOf('a')).toEqual(idsOf('a', 4));
      expect(await deadLetters(store)).toEqual([]);
      await dispatcher.close();
    });

    test('too often is given up with its reason, and what is behind it goes on', async () => {
      const store = await open();
      const clock = createManualClock(1_000_000);
      const { reaction, ofKey } = createRecorder((id) => (id === 'a|1' ? retry('The door is shut.') : DONE));
      const dispatcher = startDispatcher(store, clock, reaction);
      await announce(store, [...changes('a', 2), ...changes('b', 1)]);
      await dispatcher.idle();
      for (const ms of [1000, 2000, 4000]) {
        expect(await deadLetters(store)).toEqual([]);
        clock.advance(ms);
        await dispatcher.idle();
      }
      expect(ofKey('a').filter((id) => id === 'a|1')).toHaveLength(4);
      expect(ofKey('a').at(-1)).toBe('a|2');
      expect(await deadLetters(store)).toMatchObject([
        {
          subgraph: 'segments',
          key: 'a',
          atMs: 1_007_000,
          reason: 'The door is shut. (given up after 4 attempts)',
          entry: { id: 'a|1', body: { profileId: 'a', revision: 1 } },
        },
      ]);
      clock.advance(60_000);
      await dispatcher.idle();
      expect(ofKey('a').at(-1)).toBe('a|2');
      await dispatcher.close();
    });

    test('for good is given up at once', async () => {
      const store = await open();
      const { reaction, ofKey } = createRecorder((id) =>
        id === 'a|1' ? { kind: 'dead-letter', reason: 'No such person.' } : DONE,
      );
      const dispatcher = startDispatcher(store, createManualClock(), reaction);
      await announce(store, changes('a', 2));
      await dispatcher.idle();
      expect(ofKey('a')).toEqual(['a|1', 'a|2']);
      expect((await deadLetters(store)).map(({ reason }) => reason)).toEqual(['No such person.']);
      await dispatcher.close();
    });
  });

  describe('a reaction that throws', () => {
    test('because of one entry is asked again for each key alone, and only that entry is given up', async () => {
      const store = await open();
      const clock = createManualClock();
      const done = new Set<string>();
      const dispatcher = startDispatcher(store, clock, async (entries) => {
        if (entries.some(({ id }) => id === 'b|1')) throw new Error('It broke.');
        for (const { id } of entries) done.add(id);
        return entries.map(() => DONE);
      });
      await announce(
        store,
        ['a', 'b', 'c'].flatMap((key) => changes(key, 2)),
      );
      for (const ms of [0, 1000, 2000, 4000, 1000]) {
        clock.advance(ms);
        await dispatcher.idle();
      }
      expect([...done].sort()).toEqual(['a|1', 'a|2', 'b|2', 'c|1', 'c|2']);
      expect((await deadLetters(store)).map(({ entry, reason }) => [entry.id, reason])).toEqual([
        ['b|1', 'It broke. (given up after 4 attempts)'],
      ]);
      await dispatcher.close();
    });

    test('because something is away gives nothing up, however long that lasts', async () => {
      const store = await open();
      const clock = createManualClock();
      let isAway = true;
      const { reaction, delivered } = createRecorder();
      const dispatcher = startDispatcher(store, clock, async (entries) => {
        if (isAway) throw new AppError('UNAVAILABLE', 'The database is away.');
        return reaction(entries);
      });
      await announce(store, changes('a', 3));
      for (let times = 0; times < 12; times++) {
        clock.advance(60_000);
        await dispatcher.idle();
      }
      isAway = false;
      clock.advance(60_000);
      await dispatcher.idle();
      expect(delivered).toEqual(idsOf('a', 3));
      expect(await deadLetters(store)).toEqual([]);
      await dispatcher.close();
    });

    test('or answers too little is asked again', async () => {
      const store = await open();
      const clock = createManualClock();
      const { reaction, delivered } = createRecorder();
      let times = 0;
      const dispatcher = startDispatcher(store, clock, async (entries) => {
        const outcomes = await reaction(entries);
        times += 1;
        return times === 1 ? outcomes.slice(1) : outcomes;
      });
      await announce(store, changes('a', 2));
      await dispatcher.idle();
      clock.advance(1000);
      await dispatcher.idle();
      expect(delivered).toEqual([...idsOf('a', 2), ...idsOf('a', 2)]);
      await dispatcher.close();
    });
  });

  test('goes on with what is kept when entries were trimmed before they were handled', async () => {
    const store = await open();
    const { reaction, delivered } = createRecorder();
    await announce(store, changes('a', 10));
    await store.log.trim(5);
    const dispatcher = startDispatcher(store, createManualClock(), reaction);
    await dispatcher.idle();
    expect(delivered).toEqual(idsOf('a', 10).slice(4));
    expect(await deadLetters(store)).toEqual([]);
    await dispatcher.close();
  });
});
