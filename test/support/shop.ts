import type { AttuneUnderTest } from './every-mode';

/** The segments of the tests' shop, by id. */
export const SEGMENTS = {
  'cart-abandoners':
    'chain(xEvent, timestamp, [A: WHAT(eventType = "commerce.cartAdds") WHEN(<= 3 hours before now), B: not WHAT(eventType = "commerce.purchases")])',
  'shoe-lovers': 'xEvent[eventType = "commerce.productViews" and category = "shoes"].count() >= 4',
  'active-now': 'xEvent[(timestamp occurs <= 30 minutes before now)].count() >= 1',
  gold: 'loyalty.tier = "gold"',
  'spring-visitors': 'xEvent[eventType = "web.pageView" and campaign = "spring"].count() >= 1',
} as const;

const MUTATIONS = {
  Segment: 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }',
  Placement: 'mutation ($input: PlacementInput!) { putPlacement(input: $input) { id } }',
  Offer: 'mutation ($input: OfferInput!) { putOffer(input: $input) { id } }',
  FallbackOffer: 'mutation ($input: FallbackOfferInput!) { putFallbackOffer(input: $input) { id } }',
  Collection: 'mutation ($input: CollectionInput!) { putCollection(input: $input) { id } }',
  DecisionPolicy: 'mutation ($input: DecisionPolicyInput!) { putDecisionPolicy(input: $input) { id } }',
} as const;

/** Puts one definition; fails when it is refused. */
export async function put(attune: AttuneUnderTest, kind: keyof typeof MUTATIONS, input: object): Promise<void> {
  await attune.data(MUTATIONS[kind], { input });
}

/** Publishes a segment and waits until it is filled. */
export async function publish(attune: AttuneUnderTest, id: string, rule: string): Promise<void> {
  await put(attune, 'Segment', { id, name: id, rule, publish: true });
  await attune.idle();
}

/** Placements, offers and segments by the names of the acceptance scenarios. */
export async function openShop(attune: AttuneUnderTest): Promise<void> {
  for (const [id, rule] of Object.entries(SEGMENTS))
    await put(attune, 'Segment', { id, name: id, rule, publish: true });
  const html = (text: string) => [{ placement: 'home-hero', content: text }];
  await put(attune, 'Placement', { id: 'home-hero', name: 'Home hero', contentType: 'HTML' });
  const offers = [
    {
      id: 'O-GOLD',
      priority: 80,
      eligibility: { rule: 'loyalty.tier = "gold"' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a content token is written so.
      representations: html('Hello ${profile.loyalty.tier|"member"}'),
    },
    {
      id: 'O-CART10',
      priority: 60,
      eligibility: { allOf: ['cart-abandoners'] },
      representations: html('10 % off your cart'),
    },
    { id: 'O-SHOES', priority: 40, eligibility: { allOf: ['shoe-lovers'] }, representations: html('Shoes') },
    { id: 'O-WELCOME', priority: 10, representations: html('Welcome') },
  ];
  for (const offer of offers)
    await put(attune, 'Offer', { ...offer, name: offer.id, status: 'APPROVED', tags: ['home'] });
  await put(attune, 'FallbackOffer', { id: 'O-DEFAULT', name: 'Default', representations: html('Hello') });
  await put(attune, 'Collection', { id: 'home', name: 'Home', tags: ['home'] });
  await put(attune, 'DecisionPolicy', {
    id: 'home',
    placement: 'home-hero',
    groups: [{ criteria: [{ collection: 'home' }] }],
    fallback: 'O-DEFAULT',
  });
  await attune.idle();
}

/** An identity map of one identity. */
export function identityMap(namespace: string, id: string): Record<string, unknown> {
  return { [namespace]: [{ id }] };
}

let events = 0;

/** An event with an id of its own. */
export function event(eventType: string, at: number | string, more: object = {}): Record<string, unknown> {
  events += 1;
  return { _id: `e-${events}`, eventType, timestamp: new Date(at).toISOString(), ...more };
}
