import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createUlids } from '../../../platform/ids';
import { createLog } from '../../../platform/log';
import { createMetrics } from '../../../platform/metrics';
import { isErased } from '../../../platform/store/event-log';
import { profileCollections } from '../../../subgraphs/profile';
import { createParts } from '../../../subgraphs/profile/parts';
import { createProfileReader } from '../../../subgraphs/profile/use-cases/profile-reader';
import { describeEveryStore, describeMongoStore } from '../../support/every-store';
import { createManualClock } from '../../support/manual-clock';
import { type HistoryItem, histories, IDENTITIES, ofRun, valueOfRun } from '../../support/random-history';
import { event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

const LONG = process.env.ATTUNE_TEST_LONG === '1';

const RECORDS = { kind: 'RECORDS', labels: [], identities: [], public: false } as const;

/** Something that changes what is seen of people. */
type Change =
  | { readonly kind: 'item'; readonly at: number; readonly dataset: string }
  | { readonly kind: 'dataset'; readonly profileEnabled: boolean }
  | { readonly kind: 'policy'; readonly precedence: readonly string[] }
  | { readonly kind: 'consent'; readonly identity: number; readonly status: string }
  | { readonly kind: 'unlink'; readonly identity: number; readonly other: number }
  | { readonly kind: 'delete'; readonly identity: number };

const identity = fc.nat({ max: IDENTITIES.length - 1 });
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('item'), at: fc.nat(), dataset: fc.constantFrom('crm', 'shop') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('dataset'), profileEnabled: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('policy'), precedence: fc.subarray(['crm', 'shop']) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('consent'), identity, status: fc.constantFrom('GRANTED', 'DENIED') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink'), identity, other: identity }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), identity }) },
);

describeEveryStore('views that are kept', (place) => {
  test('P-13 a changed dataset or policy shows in them at once, before any work in the background', async () => {
    const store = await place.open(profileCollections);
    const clock = createManualClock(NOW_MS);
    const parts = createParts(
      { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() },
      {},
    );
    const { datasets, policies } = parts.configuration;
    const putDataset = (profileEnabled: boolean) => datasets.put('default', 'shop', { ...RECORDS, profileEnabled });
    await putDataset(true);
    const record = { ...who({ CRMID: 'C-1' }), timestamp: new Date(NOW_MS).toISOString() };
    for (const [dataset, fields] of [
      ['crm', { tier: 'gold', city: 'Bern' }],
      ['shop', { tier: 'iron', size: 42 }],
    ] as const) {
      await parts.intake.ingest({ sandbox: 'default', dataset, bodies: [{ ...record, ...fields }], nowMs: NOW_MS });
    }
    await datasets.put('default', 'till', { ...RECORDS, kind: 'EVENTS', profileEnabled: true });
    const bought = event('buy', NOW_MS, who({ CRMID: 'C-1' }));
    await parts.intake.ingest({ sandbox: 'default', dataset: 'till', bodies: [bought], nowMs: NOW_MS });
    const found = await parts.reads.find('default', { namespace: 'CRMID', value: 'C-1' });
    if (!found) throw new Error('There is a person.');
    const seen = async () => (await parts.merged.of('default', found.person)).attributes;
    expect(await seen()).toEqual({ tier: 'iron', city: 'Bern', size: 42 });
    expect(await seen()).toBe(await seen());
    await putDataset(false);
    expect(await seen()).toEqual({ tier: 'gold', city: 'Bern' });
    const reader = createProfileReader(parts);
    const told = async () => {
      const [snapshot] = await reader.getMany('default', [found.person.id], { events: true });
      return [snapshot?.attributes, snapshot?.events.length];
    };
    expect(await told()).toEqual([{ tier: 'gold', city: 'Bern' }, 1]);
    await datasets.put('default', 'till', { ...RECORDS, kind: 'EVENTS', profileEnabled: false });
    expect(await told()).toEqual([{ tier: 'gold', city: 'Bern' }, 0]);
    await putDataset(true);
    const precedence = { attributes: 'DATASET_PRECEDENCE', datasetPrecedence: ['crm', 'shop'] } as const;
    await policies.put('default', 'own', { identityGraph: 'STITCHED', default: true, ...precedence });
    expect(await seen()).toEqual({ tier: 'gold', city: 'Bern', size: 42 });
    await parts.pipeline.idle();
  });

  test('P-13 what is kept of a person is what is made anew, after whatever changes, in every process', async () => {
    const clock = createManualClock(NOW_MS);
    const writers: ProfileFixture[] = [];
    // Embedded one process alone writes; over MongoDB there are two.
    for (let index = 0; index < (place.engine === 'mongodb' ? 2 : 1); index += 1) {
      writers.push(await openProfile({ store: await place.open(profileCollections), clock }));
    }
    await putShop(writers[0], true);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(histories, fc.array(change, { minLength: 3, maxLength: 8 }), async (history, changes) => {
        run += 1;
        const items = ofRun(run, history);
        for (const [index, each] of changes.entries()) {
          const writer = writers[index % writers.length];
          if (!writer) throw new Error('There is a writer.');
          await make(writer, each, items, run);
          for (const { subgraph } of writers) await subgraph.idle();
          for (const reader of writers) await expectFresh(reader, run);
        }
      }),
      { numRuns: LONG ? 60 : 3 },
    );
    for (const writer of writers) await writer.close();
  });
});

describeMongoStore('views that another process keeps', (place) => {
  test('P-19 go when their person is deleted, and nothing is left of whom they were told', async () => {
    const clock = createManualClock(NOW_MS);
    const first = await openProfile({ store: await place.open(profileCollections), clock });
    const store = await place.open(profileCollections);
    const second = createParts(
      { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() },
      {},
    );
    await first.ingest(
      'crm',
      { ...who({ CRMID: 'gone' }), tier: 'gold' },
      { ...who({ CRMID: 'stays' }), tier: 'iron' },
    );
    const keptOf = async (value: string) => {
      const found = await second.reads.find('default', { namespace: 'CRMID', value });
      if (!found) throw new Error('There is a person.');
      const seen = async () => (await second.merged.of('default', found.person)).attributes;
      return { id: found.person.id, seen, before: await seen() };
    };
    const [gone, stays] = [await keptOf('gone'), await keptOf('stays')];
    expect(await gone.seen()).toBe(gone.before);
    second.forgetting.start();
    await second.forgetting.idle();
    await first.get(
      'mutation { createPrivacyJob(identity: { namespace: "CRMID", value: "gone" }, kind: DELETE) { id } }',
    );
    for (let round = 0; round < 10; round += 1) {
      await first.subgraph.idle();
      await second.forgetting.idle();
      clock.advance(1_000);
    }
    expect(await gone.seen()).not.toBe(gone.before);
    expect(await stays.seen()).toBe(stays.before);
    const told = await Promise.all(
      (await store.log.head('PersonForgotten')).map((_, partition) =>
        store.log.read('PersonForgotten', { partition, after: 0, limit: 10 }),
      ),
    );
    expect(told.flat().map(isErased)).toEqual([true]);
    await second.forgetting.close();
    await first.close();
  });
});

function toRef(at: number, run: number): { readonly namespace: string; readonly value: string } {
  const [namespace, value] = IDENTITIES[at] ?? IDENTITIES[0];
  return { namespace, value: valueOfRun(run, value) };
}

async function make(writer: ProfileFixture, change: Change, items: readonly HistoryItem[], run: number): Promise<void> {
  writer.clock.advance(1);
  switch (change.kind) {
    case 'item': {
      const { dataset, body } = items[change.at % items.length] as HistoryItem;
      const into = dataset === 'crm' ? change.dataset : dataset;
      await writer.subgraph.ingestion.ingest('default', into, [body], writer.clock.now());
      return;
    }
    case 'dataset':
      return putShop(writer, change.profileEnabled);
    case 'policy': {
      const { precedence } = change;
      const order = { attributes: 'DATASET_PRECEDENCE', datasetPrecedence: precedence };
      await writer.get('mutation ($i: MergePolicyInput!) { putMergePolicy(input: $i) { id } }', {
        i: { id: 'own', default: true, ...(precedence.length > 0 ? order : {}) },
      });
      return;
    }
    case 'consent':
      await writer.ask(
        'mutation ($i: IdentityInput!, $s: ConsentStatus!) { setConsent(identity: $i, purpose: "personalize", status: $s) { id } }',
        { i: toRef(change.identity, run), s: change.status },
      );
      return;
    case 'unlink':
      await writer.ask(
        'mutation ($p: IdentityInput!, $i: IdentityInput!) { unlinkIdentity(profile: $p, identity: $i) { remaining { id } } }',
        { p: toRef(change.identity, run), i: toRef(change.other, run) },
      );
      return;
    case 'delete':
      await writer.ask('mutation ($i: IdentityInput!) { createPrivacyJob(identity: $i, kind: DELETE) { id } }', {
        i: toRef(change.identity, run),
      });
  }
}

async function putShop(writer: ProfileFixture | undefined, profileEnabled: boolean): Promise<void> {
  const input = { id: 'shop', kind: 'RECORDS', profileEnabled };
  await writer?.get('mutation ($i: DatasetInput!) { putDataset(input: $i) { id } }', { i: input });
}

/** Who is shown is who a reader finds that keeps nothing. */
async function expectFresh(reader: ProfileFixture, run: number): Promise<void> {
  const identities = IDENTITIES.map((_, at) => toRef(at, run));
  const { profiles } = await reader.get(
    'query ($i: [IdentityInput!]!) { profiles(identities: $i) { id revision attributes isAnonymous decisionFacts } }',
    { i: identities },
  );
  const found = await Promise.all(identities.map((each) => reader.subgraph.reader.find('default', each)));
  const made = await reader.subgraph.reader.getMany(
    'default',
    found.map((each) => each?.id ?? ''),
  );
  const expected = made.map((snapshot) => {
    if (!snapshot) return null;
    const { id, revision, attributes, consents } = snapshot;
    const isAnonymous = snapshot.identities.every(({ namespace }) => namespace === 'ECID');
    const facts = { attributes, consents, isAnonymous, computedAttributes: {}, context: {} };
    return { id, revision, attributes, isAnonymous, decisionFacts: facts };
  });
  expect(profiles).toEqual(expected);
}
