import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, openProfile, type ProfileFixture } from './profile-fixture';
import { arrivals, histories, nameOf, send, stateOf } from './random-history';

const LONG = process.env.ATTUNE_TEST_LONG === '1';
const RUNS = LONG ? 4000 : 400;

let profile: ProfileFixture;
let sandboxes = 0;
const newSandbox = (): string => {
  sandboxes += 1;
  return `s${sandboxes}`;
};

beforeAll(async () => {
  profile = await openProfile();
});
afterAll(() => profile.close());

test('P-5 the same items in any order, some twice, in any batches, make the same people', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ history, order, batchSize }) => {
      const [straight, shuffled] = [newSandbox(), newSandbox()];
      await send(profile, straight, history, 1);
      await send(
        profile,
        shuffled,
        order.flatMap((index) => history[index] ?? []),
        batchSize,
      );
      expect(await stateOf(profile, shuffled)).toEqual(await stateOf(profile, straight));
    }),
    { numRuns: RUNS },
  );
}, 600_000);

test('P-11 a simulation gives the graphs that the same items make when they are taken in', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const sandbox = newSandbox();
      await send(profile, sandbox, history, 3);
      const real = (await stateOf(profile, sandbox)) as { identities: { namespace: string; value: string }[] }[];
      const { simulateIdentityGraph: simulated } = await profile.get(
        'query ($items: [JSONObject!]!) { simulateIdentityGraph(items: $items) { identities { namespace value lastSeen } } }',
        { items: history.map(({ body }) => body) },
      );
      expect(namesOf(simulated)).toEqual(namesOf(real));
    }),
    { numRuns: RUNS },
  );
}, 600_000);

function namesOf(graphs: Answer): readonly string[] {
  return graphs.map((graph: Answer) => graph.identities.map(nameOf).sort().join(' ')).sort();
}
