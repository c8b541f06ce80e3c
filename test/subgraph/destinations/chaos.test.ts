import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Store } from '../../../platform/store/store';
import { type Answer, openReceiver, type Receiver } from '../../support/receiver';
import { type Change, type DestinationsFixture, openDestinations, putSegment } from './destinations-fixture';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

type Step =
  | { readonly kind: 'move'; readonly profile: number; readonly segment: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'replay' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('move' as const), profile: fc.nat(5), segment: fc.nat(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 9_000 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'settle' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'replay' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);
const answer: fc.Arbitrary<Answer> = fc.constantFrom<Answer>(200, 200, 200, 500, 503, 429, 400);

const SEGMENTS = ['s0', 's1'] as const;
const toChange = (fixture: DestinationsFixture, { profile, segment }: Step & { kind: 'move' }): Change => {
  const name = SEGMENTS[segment] ?? 's0';
  const isIn = fixture.world.members.get(name)?.has(`p${profile}`);
  return { profile: `p${profile}`, segment: name, status: isIn ? 'EXITED' : 'REALIZED' };
};

async function expectToAddUp(fixture: DestinationsFixture): Promise<void> {
  for (const { received, sent, skipped, failed, pending, reasons } of await fixture.ledger('hook')) {
    expect(received).toBe(sent + skipped + failed + pending);
    expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(skipped + failed);
  }
}

async function expectToMatchDeliveries(fixture: DestinationsFixture): Promise<void> {
  const rows = await fixture.ledger('hook');
  const sum = (name: 'sent' | 'skipped' | 'failed' | 'pending'): number =>
    rows.reduce((total, row) => total + row[name], 0);
  for (const [status, counted] of [
    ['SENT', sum('sent')],
    ['SKIPPED', sum('skipped')],
    ['FAILED', sum('failed')],
  ] as const) {
    expect(await fixture.deliveries('hook', status)).toHaveLength(counted);
  }
}

/** Once a later message of a person has come, no earlier one does. */
function expectOrder({ received }: Receiver): void {
  const latest = new Map<string, string>();
  for (const { headers, message } of received) {
    const person = message.identityMap['Email']?.[0]?.id ?? '';
    const key = String(headers['idempotency-key']);
    if (key.includes('.')) continue;
    expect(key >= (latest.get(person) ?? '')).toBe(true);
    latest.set(person, key);
  }
}

/** What the outside believes, if it goes by what it took. */
function beliefs({ received }: Receiver, taken: ReadonlySet<number>): ReadonlyMap<string, string> {
  const believed = new Map<string, string>();
  received.forEach(({ message }, index) => {
    if (!taken.has(index)) return;
    const person = message.identityMap['Email']?.[0]?.id ?? '';
    for (const [segment, { status }] of Object.entries(message.segmentMembership.ups)) {
      believed.set(`${person}|${segment}`, status);
    }
  });
  return believed;
}

async function prepare(fixture: DestinationsFixture, url: string): Promise<void> {
  for (const segment of SEGMENTS) putSegment(fixture.world, segment);
  for (let profile = 0; profile < 6; profile += 1) {
    // The last has no identity that the destination knows.
    const namespace = profile === 5 ? 'ECID' : 'Email';
    fixture.world.put(`p${profile}`, {}, { [namespace]: [`p${profile}`] });
  }
  await fixture.putDestination({
    id: 'hook',
    identities: [{ namespace: 'Email' }],
    settings: { url, secret: 's', maxAttempts: 3 },
  });
  for (const segment of SEGMENTS) {
    await fixture.get(
      `mutation { activateSegment(destination: "hook", segment: "${segment}") { destination { id } } }`,
    );
  }
}

describe('whatever the outside does', () => {
  test('A-7 the ledger adds up at every step, A-6 order holds, and in the end the outside knows what is so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.infiniteStream(answer), async (steps, answers) => {
        const outside = await openReceiver();
        let fixture = await openDestinations({
          rules: { breaker: { failures: 4, openMs: 500, longestOpenMs: 2_000 } },
        });
        const taken = new Set<number>();
        outside.answer = () => {
          const given = answers.next().value ?? 200;
          if (given === 200) taken.add(outside.received.length - 1);
          return given;
        };
        try {
          await prepare(fixture, outside.url);
          for (const one of steps) {
            if (one.kind === 'move') await fixture.move(toChange(fixture, one));
            else if (one.kind === 'advance') fixture.clock.advance(one.ms);
            else if (one.kind === 'settle') await fixture.idle();
            else if (one.kind === 'restart') fixture = await fixture.reopen();
            else await fixture.get('mutation { replayDeadLetters(destination: "hook") { replayed } }');
            await expectToAddUp(fixture);
          }
          await fixture.drain('hook');
          await expectToAddUp(fixture);
          await expectToMatchDeliveries(fixture);
          expectOrder(outside);
          outside.answer = () => {
            taken.add(outside.received.length - 1);
            return 200;
          };
          await fixture.get('mutation { replayDeadLetters(destination: "hook") { replayed } }');
          await fixture.drain('hook');
          const believed = beliefs(outside, taken);
          for (const segment of SEGMENTS) {
            for (let profile = 0; profile < 5; profile += 1) {
              const isIn = fixture.world.members.get(segment)?.has(`p${profile}`) ?? false;
              expect([segment, profile, believed.get(`p${profile}|${segment}`) === 'realized']).toEqual([
                segment,
                profile,
                isIn,
              ]);
            }
          }
        } finally {
          await fixture.close();
          await outside.close();
        }
      }),
      { numRuns: process.env['ATTUNE_TEST_LONG'] ? 500 : 40 },
    );
  });
});

test('several processes over one store send each message once, in order', async () => {
  const outside = await openReceiver();
  open.push(outside);
  const first = await openDestinations();
  open.push(first);
  const shared: Store = { ...first.store, exclusive: false };
  await first.subgraph.close();
  const { folder, world, clock } = first;
  const replicas = await Promise.all(
    [0, 1, 2].map((index) => openDestinations({}, { folder, world, clock, store: shared, position: index * 1000 })),
  );
  for (const { subgraph } of replicas) open.push(subgraph);
  const [a, b, c] = replicas as [DestinationsFixture, DestinationsFixture, DestinationsFixture];
  await prepare(a, outside.url);
  for (let round = 0; round < 6; round += 1) {
    const moves = [0, 1, 2, 3, 4].map((profile) => toChange(a, { kind: 'move', profile, segment: round % 2 }));
    // Each person's changes come by one process at a time, as the dispatcher's leases have it.
    await Promise.all([a.move(...moves.slice(0, 2)), b.move(...moves.slice(2, 4)), c.move(...moves.slice(4))]);
  }
  for (const replica of replicas) await replica.idle();
  await a.drain('hook');
  expect(outside.received).toHaveLength(30);
  expect(new Set(outside.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(30);
  expect((await a.ledger('hook')).map(({ received, sent }) => [received, sent])).toEqual([
    [15, 15],
    [15, 15],
  ]);
});
