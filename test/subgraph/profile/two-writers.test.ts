import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAppError } from '../../../platform/errors';
import { profileCollections } from '../../../subgraphs/profile';
import { describeEveryStore } from '../../support/every-store';
import { createManualClock } from '../../support/manual-clock';
import { arrivals, type HistoryItem } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

const RUNS = process.env.ATTUNE_TEST_LONG === '1' ? 200 : 5;

describeEveryStore('people that several write at once', (place) => {
  const open = async (): Promise<readonly ProfileFixture[]> => {
    // Embedded one process alone writes; over MongoDB there are two.
    const writers = place.engine === 'mongodb' ? 2 : 1;
    const clock = createManualClock(NOW_MS);
    const fixtures: ProfileFixture[] = [];
    for (let index = 0; index < writers; index += 1) {
      fixtures.push(await openProfile({ store: await place.open(profileCollections), clock }));
    }
    return fixtures;
  };

  test('P-7 32 clients that link the same people lose no link, and end in the graph of one after another', async () => {
    const writers = await open();
    const items: HistoryItem[] = Array.from({ length: 96 }, (_, index) => ({
      dataset: 'web',
      body: {
        ...event(
          'a',
          NOW_MS + index,
          who({ Email: `p${index % 24}@example.test`, Phone_E164: `+4179000${index % 7}${(index * 5) % 24}00` }),
        ),
        _id: `w-${index}`,
      },
    }));
    const [first] = writers;
    if (!first) throw new Error('There is a writer.');
    for (const item of items) await send(first, 'straight', [item], 1);
    let next = 0;
    const client = async (index: number): Promise<void> => {
      const writer = writers[index % writers.length];
      for (let item = items[next++]; item && writer; item = items[next++]) await send(writer, 'together', [item], 1);
    };
    await Promise.all(Array.from({ length: 32 }, (_, index) => client(index)));
    expect(await stateOf(first, 'together')).toEqual(await stateOf(first, 'straight'));
    for (const writer of writers) await writer.close();
  });

  test('P-6 of several who complete or revert a batch at once one does, and the others are refused', async () => {
    const writers = await open();
    const [first] = writers;
    for (let round = 0; round < 5; round += 1) {
      const started = await first?.get('mutation { startBatch(dataset: "web") { id } }');
      for (const verb of ['completeBatch', 'revertBatch']) {
        const turns = [...writers, ...writers, ...writers].map((writer) =>
          writer.ask(`mutation ($id: ID!) { ${verb}(id: $id) { status } }`, { id: started.startBatch.id }),
        );
        const codes = (await Promise.all(turns)).map(({ errors }) => {
          const cause = errors?.[0]?.originalError;
          return isAppError(cause) ? cause.code : (cause ?? 'done');
        });
        expect(codes.sort()).toEqual([...Array(turns.length - 1).fill('CONFLICT'), 'done']);
      }
    }
    for (const writer of writers) await writer.close();
  });

  test('P-5 random histories, written by all at once, make the people of one after another', async () => {
    const writers = await open();
    const [first] = writers;
    if (!first) throw new Error('There is a writer.');
    let sandboxes = 0;
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, order, batchSize }) => {
        sandboxes += 1;
        await send(first, `a${sandboxes}`, history, history.length);
        const shuffled = order.flatMap((index) => history[index] ?? []);
        const share = Math.ceil(shuffled.length / writers.length);
        await Promise.all(
          writers.map((writer, index) =>
            send(writer, `b${sandboxes}`, shuffled.slice(index * share, (index + 1) * share), batchSize),
          ),
        );
        expect(await stateOf(first, `b${sandboxes}`)).toEqual(await stateOf(first, `a${sandboxes}`));
      }),
      { numRuns: RUNS },
    );
    for (const changes of (await first.changes()).values()) {
      expect(changes.map(({ revision }) => revision)).toEqual(changes.map((_, index) => index + 1));
    }
    for (const writer of writers) await writer.close();
  });
});
