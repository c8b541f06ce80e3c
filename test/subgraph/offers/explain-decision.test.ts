import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OffersFixture, openOffers, putScenario } from './offers-fixture';

let offers: OffersFixture;
beforeAll(async () => {
  const person = {
    id: 'p1',
    revision: 3,
    attributes: { loyalty: { tier: 'silver' } },
    computedAttributes: {},
    identities: [
      { namespace: 'CRMID', value: 'C-1', authenticatedState: 'AUTHENTICATED' as const, firstSeenMs: 0, lastSeenMs: 0 },
    ],
    events: [],
    consents: {},
  };
  offers = await openOffers(['cart-abandoners'], [person]);
  await putScenario(offers);
  await offers.put('Offer', { id: 'O-DRAFT', name: 'Draft', tags: ['all'], representations: [] });
});
afterAll(() => offers.close());

const EXPLAIN = `query ($value: String!, $placement: ID!) {
  explainDecision(profile: { namespace: "CRMID", value: $value }, placement: $placement) {
    placement { id } reason chosen { id } candidates { offer { id } outcome score detail }
  }
}`;

test('D-13 every candidate is named with its score or why it was left out', async () => {
  const { data } = await offers.ask(EXPLAIN, { value: 'C-1', placement: 'home-hero' });
  const { explainDecision } = JSON.parse(JSON.stringify(data));
  expect(explainDecision).toMatchObject({ reason: 'TARGETING_MATCH', chosen: { id: 'O-CART10' } });
  const outcomes = explainDecision.candidates.map((one: { offer: { id: string }; outcome: string; score: number }) => [
    one.offer.id,
    one.outcome,
    one.score,
  ]);
  expect(outcomes).toEqual([
    ['O-CART10', 'CHOSEN', 60],
    ['O-WELCOME', 'RANKED_LOWER', 10],
    ['O-GOLD', 'NOT_ELIGIBLE', null],
    ['O-SHOES', 'NOT_ELIGIBLE', null],
    ['O-DRAFT', 'NOT_APPROVED', null],
  ]);
});

test('an unknown person is NOT_FOUND, an unknown placement BAD_USER_INPUT', async () => {
  const code = async (value: string, placement: string) =>
    (await offers.ask(EXPLAIN, { value, placement })).errors?.[0]?.originalError;
  expect(await code('C-2', 'home-hero')).toMatchObject({ code: 'NOT_FOUND' });
  expect(await code('C-1', 'none')).toMatchObject({ code: 'BAD_USER_INPUT' });
});
