import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { profileCollections } from '../../../subgraphs/profile';
import { describeEveryStore } from '../../support/every-store';
import { arrivals, type HistoryItem } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { openProfile, type ProfileFixture } from './profile-fixture';

const LONG = process.env.ATTUNE_TEST_LONG === '1';

const ways = fc.array(fc.constantFrom('direct', 'batch', 'both'), { minLength: 14, maxLength: 14 });

describeEveryStore('a batch that is taken back', (place) => {
  const runs = LONG ? 2000 : place.engine === 'sqlite' ? 40 : 3;

  test(
    'P-6 leaves everybody as in a store that never saw it: attributes, events, links and computed attributes',
    async () => {
      const profile = await openProfile({ store: await place.open(profileCollections) });
      let sandboxes = 0;
      await fc.assert(
        fc.asyncProperty(arrivals, ways, fc.boolean(), async ({ history, order, batchSize }, wayOf, computedLate) => {
          sandboxes += 1;
          const [reverted, never] = [`r${sandboxes}`, `n${sandboxes}`];
          const direct = order.filter((index) => wayOf[index] !== 'batch').flatMap((index) => history[index] ?? []);
          const inBatch = history.filter((_, index) => wayOf[index] !== 'direct');
          const half = Math.floor(direct.length / 2);
          await putComputed(profile, never);
          if (!computedLate) await putComputed(profile, reverted);
          await send(profile, reverted, direct.slice(0, half), batchSize);
          const batches = await bringBatches(profile, reverted, inBatch);
          if (computedLate) await putComputed(profile, reverted);
          await send(profile, reverted, direct.slice(half), batchSize);
          for (const id of batches) await turn(profile, reverted, 'revertBatch', id);
          await send(profile, never, direct, batchSize);
          await profile.subgraph.idle();
          expect(await stateOf(profile, reverted)).toEqual(await stateOf(profile, never));
        }),
        { numRuns: runs },
      );
      await profile.close();
    },
    LONG ? 3_600_000 : 120_000,
  );
});

/** Puts events into one batch and records into another, and completes both. */
async function bringBatches(
  profile: ProfileFixture,
  sandbox: string,
  items: readonly HistoryItem[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [dataset, field] of [
    ['web', 'ingestEvents(dataset: "web", events: $items, batch: $id)'],
    ['crm', 'ingestRecords(dataset: "crm", records: $items, batch: $id)'],
  ] as const) {
    const { startBatch } = await profile.get(
      'mutation ($d: ID!) { startBatch(dataset: $d) { id } }',
      { d: dataset },
      { sandbox },
    );
    const bodies = items.filter((item) => item.dataset === dataset).map(({ body }) => body);
    await profile.get(
      `mutation ($id: ID!, $items: [JSONObject!]!) { ${field} { accepted } }`,
      { id: startBatch.id, items: bodies },
      { sandbox },
    );
    await turn(profile, sandbox, 'completeBatch', startBatch.id);
    ids.push(startBatch.id);
  }
  return ids;
}

async function turn(profile: ProfileFixture, sandbox: string, verb: string, id: string): Promise<void> {
  await profile.get(`mutation ($id: ID!) { ${verb}(id: $id) { status } }`, { id }, { sandbox });
}

async function putComputed(profile: ProfileFixture, sandbox: string): Promise<void> {
  const put = 'mutation ($i: ComputedAttributeInput!) { putComputedAttribute(input: $i) { id } }';
  for (const input of [
    { id: 'sum', function: 'SUM', value: 'n' },
    { id: 'affinity', function: 'AFFINITY', value: 'eventType', weights: { bought: 3 }, halfLife: 'P7D' },
  ])
    await profile.get(put, { i: input }, { sandbox });
}
