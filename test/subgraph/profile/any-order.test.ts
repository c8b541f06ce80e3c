import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { profileCollections } from '../../../subgraphs/profile';
import { describeEveryStore, type StorePlace } from '../../support/every-store';
import { arrivals, histories, nameOf } from '../../support/random-history';
import { send, stateOf } from './people-of-history';
import { type Answer, type FixtureOptions, openProfile, type ProfileFixture } from './profile-fixture';

const LONG = process.env.ATTUNE_TEST_LONG === '1';
const TIMEOUT_MS = LONG ? 3_600_000 : 120_000;

let sandboxes = 0;
const newSandbox = (): string => {
  sandboxes += 1;
  return `s${sandboxes}`;
};

describeEveryStore('items in any order', (place) => {
  // Every round trip to MongoDB costs more than a whole history takes embedded.
  const runs = LONG ? 2000 : place.engine === 'sqlite' ? 60 : 3;
  const prove = (limits: FixtureOptions['limits']) => inAnyOrder(place, runs, limits);

  test(
    'P-5 the same items in any order, some twice, in any batches, make the same people',
    () => prove({}),
    TIMEOUT_MS,
  );

  test('P-5 P-12 so do graphs that outgrow their limit', () => prove({ identitiesPerGraph: 3 }), TIMEOUT_MS);

  test(
    'P-11 a simulation gives the graphs that the same items make when they are taken in',
    () => asSimulated(place, runs),
    TIMEOUT_MS,
  );
});

async function inAnyOrder(place: StorePlace, numRuns: number, limits: FixtureOptions['limits'] = {}): Promise<void> {
  const profile = await openProfile({ store: await place.open(profileCollections), limits });
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ history, order, batchSize }) => {
      const [straight, shuffled] = [newSandbox(), newSandbox()];
      for (const sandbox of [straight, shuffled]) await putComputed(profile, sandbox);
      await send(profile, straight, history, 1);
      await send(
        profile,
        shuffled,
        order.flatMap((index) => history[index] ?? []),
        batchSize,
      );
      expect(await stateOf(profile, shuffled)).toEqual(await stateOf(profile, straight));
    }),
    { numRuns },
  );
  await profile.close();
}

async function asSimulated(place: StorePlace, numRuns: number): Promise<void> {
  const profile = await openProfile({ store: await place.open(profileCollections), limits: { identitiesPerGraph: 5 } });
  const configurations = fc.constantFrom<readonly object[]>([], [EMAIL_UNIQUE], [EMAIL_UNIQUE, CRMID_LAST]);
  await fc.assert(
    fc.asyncProperty(histories, configurations, async (history, configuration) => {
      const sandbox = newSandbox();
      for (const namespace of configuration) await put(profile, 'Namespace', namespace, sandbox);
      await send(profile, sandbox, history, 3);
      const { simulateIdentityGraph: simulated } = await profile.get(
        'query ($i: [JSONObject!]!, $c: [NamespaceInput!]) { simulateIdentityGraph(items: $i, configuration: $c) { identities { namespace value lastSeen } } }',
        { i: history.map(({ body }) => body), c: configuration },
      );
      expect(namesOf(simulated)).toEqual(namesOf(await stateOf(profile, sandbox)));
    }),
    { numRuns },
  );
  await profile.close();
}

const EMAIL_UNIQUE = { id: 'Email', type: 'EMAIL', priority: 2, unique: true };
const CRMID_LAST = { id: 'CRMID', type: 'CROSS_DEVICE', priority: 9, unique: true };

async function put(profile: ProfileFixture, kind: string, input: object, sandbox: string): Promise<void> {
  await profile.get(`mutation ($i: ${kind}Input!) { put${kind}(input: $i) { id } }`, { i: input }, { sandbox });
}

async function putComputed(profile: ProfileFixture, sandbox: string): Promise<void> {
  await put(profile, 'ComputedAttribute', { id: 'sum', function: 'SUM', value: 'n' }, sandbox);
  await put(profile, 'ComputedAttribute', { id: 'last', function: 'LAST', value: 'n' }, sandbox);
}

function namesOf(graphs: readonly Answer[]): readonly string[] {
  return graphs.map(({ identities }) => identities.map(nameOf).sort().join(' ')).sort();
}
