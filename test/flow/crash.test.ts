import { expect, test } from '@jest/globals';
import { DONE, type Outcome } from '../../flow/reactions';
import type { Store } from '../../platform/store/store';
import { describeEveryStore } from '../support/every-store';
import { createManualClock } from '../support/manual-clock';
import { createRandom } from '../support/random';
import {
  announce,
  changeOf,
  createGate,
  FLOW_COLLECTIONS,
  type OnProfileChanged,
  startDispatcher,
} from './flow-fixture';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const REVISIONS = 30;

interface Applied {
  readonly revision: number;
  readonly sum: number;
}

/** Adds each revision to its key's sum, in one commit with what it announces, unless it was added before. */
function createAdder(store: Store, beforeStep: () => void): OnProfileChanged {
  const applied = store.collection<Applied>('applied');
  return async (entries) => {
    const outcomes: Outcome[] = [];
    for (const { sandbox, key, at, body } of entries) {
      const { revision } = body;
      const current = await applied.get(sandbox, key);
      beforeStep();
      const last = current?.value.revision ?? 0;
      if (revision > last + 1) throw new Error(`${key} came to ${revision} after ${last}: not in order.`);
      if (revision === last + 1) {
        const value: Applied = { revision, sum: (current?.value.sum ?? 0) + revision };
        const told = { stream: 'MembershipChanged', key, id: `${key}|${revision}`, at, body: { revision } };
        const write = {
          kind: 'put',
          collection: 'applied',
          id: key,
          value,
          expected: current?.version ?? null,
        } as const;
        await store.commit({ sandbox, writes: [write], entries: [told] });
      }
      beforeStep();
      outcomes.push(DONE);
    }
    return outcomes;
  };
}

describeEveryStore('a dispatcher that crashes at any step', (place) => {
  test('applies every entry once and in order in the end, and announces each once', async () => {
    const random = createRandom(7);
    const clock = createManualClock();
    let next = 1;
    let crashes = 0;
    for (let life = 0; ; life++) {
      const store = await place.open(FLOW_COLLECTIONS);
      if (next <= REVISIONS)
        await announce(
          store,
          KEYS.map((key) => changeOf(key, next)),
        );
      next += 1;
      const isLast = life > REVISIONS + 5;
      const crash = createGate();
      let steps = isLast ? Number.POSITIVE_INFINITY : Math.floor(random() * 24);
      const beforeStep = (): void => {
        steps -= 1;
        if (steps > 0) return;
        crash.open();
        throw new Error('The process died here.');
      };
      const leaseClock = createManualClock(clock.now() + life * 60_000);
      const dispatcher = startDispatcher(store, clock, createAdder(store, beforeStep), { leaseClock, batchSize: 7 });
      const crashed = await Promise.race([crash.passed.then(() => true), dispatcher.idle().then(() => false)]);
      if (crashed) {
        crashes += 1;
        await store.close();
      }
      await dispatcher.close();
      if (isLast) {
        await inspect(store);
        break;
      }
      await store.close();
    }
    expect(crashes).toBeGreaterThan(10);
  }, 180_000);
});

async function inspect(store: Store): Promise<void> {
  const sum = (REVISIONS * (REVISIONS + 1)) / 2;
  const all = await store.collection<Applied>('applied').getMany('one', KEYS);
  expect(all.map((each) => each?.value)).toEqual(KEYS.map(() => ({ revision: REVISIONS, sum })));
  for (const key of KEYS) {
    const told = await store.log.readKey<{ revision: number }>('MembershipChanged', 'one', key, 1000);
    expect(told.map(({ body }) => body.revision)).toEqual(Array.from({ length: REVISIONS }, (_, at) => at + 1));
  }
}
