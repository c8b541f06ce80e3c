import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NOW_MS, type OffersFixture, openOffers, putScenario } from './offers-fixture';

let offers: OffersFixture;
const hero = [{ placement: 'home-hero' }];

beforeAll(async () => {
  offers = await openOffers(['cart-abandoners']);
  await putScenario(offers);
});
afterAll(() => offers.close());

describe('the offer for a placement', () => {
  test('D-2 an offer with a rule is shown to who meets it, with reason TARGETING_MATCH', async () => {
    const [decision] = await offers.decide({ attributes: { loyalty: { tier: 'gold' } } }, hero);
    expect(decision).toMatchObject({
      placement: { id: 'home-hero' },
      offer: { id: 'O-GOLD' },
      content: '<b>O-GOLD</b>',
      contentType: 'HTML',
      score: 80,
      reason: 'TARGETING_MATCH',
    });
  });

  test('D-2 an offer for a segment is shown to its members', async () => {
    const [decision] = await offers.decide({ segments: ['cart-abandoners'] }, hero);
    expect(decision).toMatchObject({ offer: { id: 'O-CART10' }, reason: 'TARGETING_MATCH', score: 60 });
  });

  test('D-2 a rule reads computed attributes', async () => {
    const [decision] = await offers.decide({ computedAttributes: { productAffinity: { shoes: 4 } } }, hero);
    expect(decision).toMatchObject({ offer: { id: 'O-SHOES' } });
  });

  test('D-11 an offer open to everyone has the reason DEFAULT', async () => {
    const [decision] = await offers.decide({}, hero);
    expect(decision).toMatchObject({ offer: { id: 'O-WELCOME' }, reason: 'DEFAULT' });
    expect(decision?.explanation).toMatch(/^"O-WELCOME" .*\.$/);
  });

  test('D-4 several are ranked by priority, the higher first', async () => {
    const person = { attributes: { loyalty: { tier: 'gold' } }, segments: ['cart-abandoners'] };
    const decisions = await offers.decide(person, [{ placement: 'home-hero', count: 3 }]);
    expect(decisions.map(({ offer }) => offer?.id)).toEqual(['O-GOLD', 'O-CART10', 'O-WELCOME']);
  });

  test('D-5 several placements are filled in the order asked, no offer twice', async () => {
    const both = [{ placement: 'email-top' }, { placement: 'home-hero' }];
    const person = { segments: ['cart-abandoners'] };
    const apart = await offers.decide(person, both);
    expect(apart.map(({ placement, offer }) => [placement.id, offer?.id])).toEqual([
      ['email-top', 'O-CART10'],
      ['home-hero', 'O-WELCOME'],
    ]);
    const twice = await offers.decide(person, both, { duplicates: true });
    expect(twice.map(({ offer }) => offer?.id)).toEqual(['O-CART10', 'O-CART10']);
  });

  test('D-7 the same request gives the same decision ids, another request others', async () => {
    const ids = async () => (await offers.decide({}, [{ placement: 'home-hero', count: 2 }])).map(({ id }) => id);
    expect(await ids()).toEqual(await ids());
    const [other] = await offers.decide({ id: 'p2' }, hero);
    expect(await ids()).not.toContain(other?.id);
  });
});

describe('what is missing', () => {
  test('P-18 denied personalization gives the fallback, with the defaults of its tokens', async () => {
    const person = {
      attributes: { loyalty: { tier: 'gold' }, person: { name: 'Jane' } },
      consents: { personalize: 'DENIED' },
    };
    const [decision] = await offers.decide(person, hero);
    expect(decision).toMatchObject({ offer: { id: 'O-DEFAULT' }, content: 'Hello you', reason: 'CONSENT_DENIED' });
  });

  test('Q-4 without segments the fallback is shown and the explanation says so', async () => {
    const [decision] = await offers.decide(
      { attributes: { person: { name: 'A' } }, segments: undefined as never },
      hero,
    );
    expect(decision).toMatchObject({ offer: { id: 'O-DEFAULT' }, reason: 'FALLBACK', content: 'Hello A' });
    expect(decision?.explanation).toContain('Segments were not available');
  });

  test('Q-4 without the profile the fallback is shown and the explanation says so', async () => {
    const [decision] = await offers.decide(null, hero);
    expect(decision).toMatchObject({ offer: { id: 'O-DEFAULT' }, reason: 'FALLBACK', content: 'Hello you' });
    expect(decision?.explanation).toContain('The profile was not available');
  });

  test('D-13 values are escaped in HTML', async () => {
    const person = { attributes: { person: { name: '<script>"' } }, consents: {}, segments: undefined as never };
    const [decision] = await offers.decide(person, hero);
    expect(decision?.content).toBe('Hello &lt;script&gt;&quot;');
  });

  test('an unknown placement is BAD_USER_INPUT', async () => {
    await expect(offers.decide({}, [{ placement: 'nowhere' }])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each([0, 31, -1])('D-5 a count of %p is BAD_USER_INPUT', async (count) => {
    await expect(offers.decide({}, [{ placement: 'home-hero', count }])).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  test('a placement without a policy has the reason DEFAULT and no content', async () => {
    await offers.put('Placement', { id: 'footer', name: 'Footer', contentType: 'JSON' });
    const [decision] = await offers.decide({}, [{ placement: 'footer' }]);
    expect(decision).toMatchObject({ offer: null, content: null, contentType: 'JSON', reason: 'DEFAULT' });
  });

  test('D-11 a policy that is switched off shows its fallback with the reason DISABLED', async () => {
    await offers.put('Placement', { id: 'side', name: 'Side', contentType: 'TEXT' });
    await offers.put('FallbackOffer', { id: 'F', name: 'F', representations: [{ placement: 'side', content: 'f' }] });
    const policy = { id: 'side', placement: 'side', groups: [{ criteria: [{ collection: 'all' }] }], fallback: 'F' };
    await offers.put('DecisionPolicy', { ...policy, enabled: false });
    const [off] = await offers.decide({}, [{ placement: 'side' }]);
    expect(off).toMatchObject({ offer: { id: 'F' }, content: 'f', reason: 'DISABLED' });
    await offers.put('DecisionPolicy', policy);
    const [on] = await offers.decide({}, [{ placement: 'side', language: 'de' }]);
    expect(on).toMatchObject({ offer: { id: 'F' }, reason: 'FALLBACK' });
    expect(on?.explanation).toContain('4 without content');
  });
});

describe('dates, languages, instants', () => {
  test('D-3 an offer is shown from its start on and before its end, and validUntil names the next turn', async () => {
    await offers.put('Placement', { id: 'dated', name: 'Dated', contentType: 'TEXT' });
    const put = (id: string, priority: number, dates: object) =>
      offers.put('Offer', {
        id,
        name: id,
        priority,
        status: 'APPROVED',
        representations: [{ placement: 'dated', content: id }],
        ...dates,
      });
    await put('D-PAST', 9, { end: new Date(NOW_MS).toISOString() });
    await put('D-NOW', 5, { start: new Date(NOW_MS).toISOString() });
    await put('D-SOON', 8, { start: new Date(NOW_MS + 5000).toISOString() });
    await put('D-DRAFT', 7, { status: 'DRAFT' });
    await offers.put('FallbackOffer', { id: 'F2', name: 'F2', representations: [] });
    await offers.put('Collection', { id: 'dated', name: 'd', offers: ['D-PAST', 'D-NOW', 'D-SOON', 'D-DRAFT'] });
    await offers.put('DecisionPolicy', {
      id: 'dated',
      placement: 'dated',
      groups: [{ criteria: [{ collection: 'dated' }] }],
      fallback: 'F2',
    });
    const [decision] = await offers.decide({}, [{ placement: 'dated' }]);
    expect(decision).toMatchObject({
      offer: { id: 'D-NOW' },
      validUntil: new Date(NOW_MS + 5000),
    });
  });

  test('D-3 a language is served by its own content, then its main language, then content without one', async () => {
    await offers.put('Placement', { id: 'spoken', name: 'Spoken', contentType: 'TEXT' });
    await offers.put('Offer', {
      id: 'L',
      name: 'L',
      status: 'APPROVED',
      representations: [
        { placement: 'spoken', language: 'de', content: 'hallo' },
        { placement: 'spoken', language: 'de-CH', content: 'grüezi' },
        { placement: 'spoken', content: 'hello' },
      ],
    });
    await offers.put('FallbackOffer', { id: 'F3', name: 'F3', representations: [] });
    await offers.put('Collection', { id: 'spoken', name: 's', offers: ['L'] });
    await offers.put('DecisionPolicy', {
      id: 'spoken',
      placement: 'spoken',
      groups: [{ criteria: [{ collection: 'spoken' }] }],
      fallback: 'F3',
    });
    const inLanguage = async (language?: string) =>
      (await offers.decide({}, [{ placement: 'spoken', language }]))[0]?.content;
    expect(await Promise.all(['de', 'de-ch', 'de-AT', 'fr', undefined].map(inLanguage))).toEqual([
      'hallo',
      'grüezi',
      'hallo',
      'hello',
      'hello',
    ]);
  });

  test('context of the question is what rules and tokens under `context` see', async () => {
    await offers.put('Placement', { id: 'ctx', name: 'Context', contentType: 'TEXT' });
    await offers.put('Offer', {
      id: 'SPRING',
      name: 'Spring',
      status: 'APPROVED',
      eligibility: { rule: 'context.utm_campaign = "spring"' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a token.
      representations: [{ placement: 'ctx', content: 'from ${context.city}!' }],
    });
    await offers.put('FallbackOffer', { id: 'F4', name: 'F4', representations: [{ placement: 'ctx', content: '-' }] });
    await offers.put('Collection', { id: 'ctx', name: 'c', offers: ['SPRING'] });
    await offers.put('DecisionPolicy', {
      id: 'ctx',
      placement: 'ctx',
      groups: [{ criteria: [{ collection: 'ctx' }] }],
      fallback: 'F4',
    });
    const asked = { context: { utm_campaign: 'spring' } };
    const [fromCollect] = await offers.decide({ context: { city: 'Bern' } }, [{ placement: 'ctx' }], asked);
    expect(fromCollect).toMatchObject({ offer: { id: 'SPRING' }, content: 'from Bern!' });
    const [without] = await offers.decide({}, [{ placement: 'ctx' }]);
    expect(without).toMatchObject({ offer: { id: 'F4' }, reason: 'FALLBACK' });
  });
});

test('a visitor nobody knows is shown what is open to everyone', async () => {
  const { data } = await offers.ask(
    '{ anonymousDecisions(placements: [{ placement: "home-hero" }]) { offer { id } reason } }',
  );
  expect(JSON.parse(JSON.stringify(data))).toEqual({
    anonymousDecisions: [{ offer: { id: 'O-WELCOME' }, reason: 'DEFAULT' }],
  });
});

describe('the time zone of the sandbox', () => {
  test.each([
    // At noon in UTC on the 15th it is the 16th already on Kiritimati, 14 hours ahead.
    ['UTC', ['O-15', 15]],
    ['Pacific/Kiritimati', ['O-16', 16]],
  ])('S-2 D-2 D-4 rules and formulas count days in it: %s', async (timeZone, shown) => {
    const own = await openOffers([], [], timeZone);
    await own.put('Placement', { id: 'p', name: 'P', contentType: 'TEXT' });
    for (const day of [15, 16]) {
      const rule = `person.birth occurs today and currentDayOfMonth() = ${day}`;
      const representations = [{ placement: 'p', content: 'c' }];
      await own.put('Offer', {
        id: `O-${day}`,
        name: 'o',
        status: 'APPROVED',
        eligibility: { rule },
        representations,
        tags: ['t'],
      });
    }
    await own.put('FallbackOffer', { id: 'F', name: 'f', representations: [{ placement: 'p', content: 'f' }] });
    await own.put('Collection', { id: 'c', name: 'c', tags: ['t'] });
    const criteria = [{ collection: 'c', ranking: 'FORMULA', formula: 'currentDayOfMonth()' }];
    await own.put('DecisionPolicy', { id: 'd', placement: 'p', groups: [{ criteria }], fallback: 'F' });
    const [decision] = await own.decide({ attributes: { person: { birth: new Date(NOW_MS).toISOString() } } }, [
      { placement: 'p' },
    ]);
    expect([decision?.offer?.id, decision?.score]).toEqual(shown);
    await own.close();
  });
});
