import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OffersFixture, openOffers, putScenario } from './offers-fixture';

let offers: OffersFixture;
beforeAll(async () => {
  offers = await openOffers(['vip', 'cart-abandoners']);
  await putScenario(offers);
});
afterAll(() => offers.close());

const offer = { id: 'X', name: 'X', representations: [] };
const policy = {
  id: 'P',
  placement: 'home-hero',
  groups: [{ criteria: [{ collection: 'all' }] }],
  fallback: 'O-DEFAULT',
};
const criterion = (one: object) => ({ ...policy, groups: [{ criteria: [{ collection: 'all', ...one }] }] });

describe('saving', () => {
  test('twice the same changes nothing, and an old expectedVersion is CONFLICT', async () => {
    const put = async (priority: number, expectedVersion?: number) => {
      const input = { ...offer, id: 'V', priority, ...(expectedVersion === undefined ? {} : { expectedVersion }) };
      const { data, errors } = await offers.ask('mutation ($i: OfferInput!) { putOffer(input: $i) { version } }', {
        i: input,
      });
      return errors?.[0] ?? data;
    };
    expect(await put(1)).toEqual({ putOffer: { version: 1 } });
    expect(await put(1)).toEqual({ putOffer: { version: 1 } });
    expect(await put(2, 1)).toEqual({ putOffer: { version: 2 } });
    expect(await put(3, 1)).toMatchObject({ originalError: { code: 'CONFLICT' } });
  });

  test('D-2 a rule over events is refused, with the advice to use a segment or a computed attribute', async () => {
    const refused = await offers.refusal('Offer', {
      ...offer,
      eligibility: { rule: 'xEvent[eventType = "a"].count() > 3' },
    });
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', path: 'eligibility.rule' });
    const [diagnostic] = refused['diagnostics'] as { message: string; line: number }[];
    expect(diagnostic).toMatchObject({ line: 1, column: 1 });
    expect(diagnostic?.message).toMatch(/segment.*computed attribute/);
  });

  test('S-3 a rule that does not parse is refused with its position', async () => {
    const refused = await offers.refusal('Offer', { ...offer, eligibility: { rule: '(a = "b"' } });
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', diagnostics: [{ line: 1 }] });
  });

  test.each([
    [
      'an offer that ends before it starts',
      'Offer',
      { ...offer, start: '2026-02-01T00:00:00Z', end: '2026-01-01T00:00:00Z' },
    ],
    ['an id with a blank', 'Offer', { ...offer, id: 'a b' }],
    ['an offer for an unknown placement', 'Offer', { ...offer, representations: [{ placement: 'none', content: 1 }] }],
    ['an offer for an unknown segment', 'Offer', { ...offer, eligibility: { anyOf: ['vip', 'none'] } }],
    ['an unknown segment inside a rule', 'Offer', { ...offer, eligibility: { rule: 'inSegment("none")' } }],
    ['an offer with the id of a fallback offer', 'Offer', { ...offer, id: 'O-DEFAULT' }],
    ['caps, which are to come', 'Offer', { ...offer, caps: [{ limit: 1, scope: 'TOTAL' }] }],
    ['a ranking that is to come', 'DecisionPolicy', criterion({ ranking: 'BANDIT' })],
    ['a formula without its ranking', 'DecisionPolicy', criterion({ formula: 'offer.priority' })],
    ['a ranking without its formula', 'DecisionPolicy', criterion({ ranking: 'FORMULA' })],
    ['D-2 a formula over events', 'DecisionPolicy', criterion({ ranking: 'FORMULA', formula: 'xEvent.count()' })],
    ['an unknown collection', 'DecisionPolicy', criterion({ collection: 'none' })],
    ['an unknown fallback', 'DecisionPolicy', { ...policy, fallback: 'O-GOLD' }],
    ['an unknown placement', 'DecisionPolicy', { ...policy, placement: 'none' }],
    ['no groups', 'DecisionPolicy', { ...policy, groups: [] }],
    ['an empty group', 'DecisionPolicy', { ...policy, groups: [{ criteria: [] }] }],
    ['a collection of an unknown offer', 'Collection', { id: 'c', name: 'c', offers: ['none'] }],
    [
      'two representations for one placement and language',
      'FallbackOffer',
      { ...offer, representations: [1, 2].map((content) => ({ placement: 'home-hero', language: 'de', content })) },
    ],
    [
      'D-3 a group of two ranking methods',
      'DecisionPolicy',
      {
        ...policy,
        groups: [
          { criteria: [{ collection: 'all' }, { collection: 'all', ranking: 'FORMULA', formula: 'offer.priority' }] },
        ],
      },
    ],
  ])('BAD_USER_INPUT for %s', async (_, kind, input) => {
    expect(await offers.refusal(kind, input)).toMatchObject({ code: 'BAD_USER_INPUT', path: expect.any(String) });
  });
});

describe('what points to what', () => {
  test('what is used cannot be deleted, and the refusal lists the users', async () => {
    const remove = async (kind: string, id: string) => {
      const { errors } = await offers.ask(`mutation { delete${kind}(id: "${id}") { id } }`);
      return errors?.[0]?.originalError;
    };
    expect(await remove('Placement', 'home-hero')).toMatchObject({ code: 'CONFLICT' });
    expect(await remove('Collection', 'all')).toMatchObject({
      details: { usedBy: ['decisionPolicy:policy-email-top', 'decisionPolicy:policy-home-hero'] },
    });
    expect(await remove('DecisionPolicy', 'policy-email-top')).toBeUndefined();
    expect(await remove('DecisionPolicy', 'policy-email-top')).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('S-9 the users of a segment are the offers and policies that name it, also inside rules', async () => {
    await offers.put('Offer', { ...offer, id: 'BY-LIST', eligibility: { noneOf: ['vip'] } });
    await offers.put('Offer', { ...offer, id: 'BY-RULE', eligibility: { rule: 'inSegment("vip")' } });
    await offers.put('DecisionPolicy', { ...criterion({ eligibility: { allOf: ['vip'] } }), id: 'BY-CRITERION' });
    expect([...(await offers.subgraph.users.usersOf('default', 'vip'))].sort()).toEqual([
      'decisionPolicy:BY-CRITERION',
      'offer:BY-LIST',
      'offer:BY-RULE',
    ]);
    expect(await offers.subgraph.users.usersOf('default', 'other')).toEqual([]);
  });

  test('lists are pages by id', async () => {
    const page = async (after?: string) => {
      const source =
        'query ($after: String) { offers(first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }';
      const { data } = await offers.ask(source, { after });
      return (data as { offers: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } } }).offers;
    };
    const first = await page();
    expect(first.edges).toHaveLength(2);
    const second = await page(first.pageInfo.endCursor);
    expect(second.edges[0]?.node.id).not.toBe(first.edges[1]?.node.id);
  });
});
