import { expect, test } from '@jest/globals';
import { createLog } from '../../../platform/log';
import { createTimedWork } from '../../../platform/timed-work';
import { createManualClock } from '../../support/manual-clock';

/** Work that runs until the test lets it end. */
function createHeldWork() {
  const clock = createManualClock();
  const ends: ((error?: Error) => void)[] = [];
  let runs = 0;
  const work = () => {
    runs += 1;
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error ? reject(error) : resolve()));
    });
  };
  const timed = createTimedWork({ work, clock, log: createLog('silent'), failure: 'failed', retryAfterMs: 100 });
  return { clock, timed, runs: () => runs, end: (error?: Error) => ends.shift()?.(error) };
}

test('work that is asked for again while it runs, runs once more, however often it is asked for', async () => {
  const { timed, runs, end } = createHeldWork();
  void timed.run('a', '1');
  void timed.run('a', '1');
  const again = [timed.runAgain('a', '1'), timed.runAgain('a', '1')];
  expect(runs()).toBe(1);
  end();
  while (runs() < 2) await new Promise(setImmediate);
  end();
  await Promise.all(again);
  await timed.idle();
  expect(runs()).toBe(2);
});

test('work runs at the earliest of the instants that it is asked for by, and at the last that it is set to', async () => {
  const { clock, timed, runs, end } = createHeldWork();
  const start = clock.now();
  timed.runBy('a', '1', start + 20);
  timed.runBy('a', '1', start + 10);
  timed.runBy('a', '1', start + 30);
  await clock.advance(9);
  expect(runs()).toBe(0);
  await clock.advance(1);
  expect(runs()).toBe(1);
  timed.runAt('a', '1', start + 15);
  timed.runAt('a', '1', start + 40);
  await clock.advance(29);
  // It comes due while it runs still.
  await clock.advance(1);
  expect(runs()).toBe(1);
  end();
  while (runs() < 2) await new Promise(setImmediate);
  end();
  await timed.close();
});

test('work that failed is tried again later, and not after closing', async () => {
  const { clock, timed, runs, end } = createHeldWork();
  const failed = timed.run('a', '1');
  end(new Error('failed'));
  await failed;
  await clock.advance(100);
  expect(runs()).toBe(2);
  end(new Error('failed'));
  await timed.close();
  await clock.advance(100);
  await timed.runAgain('a', '1');
  expect(runs()).toBe(2);
});
