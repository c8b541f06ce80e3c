import { expect, test } from '@jest/globals';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { ingest } from '../support/people';
import { event, identityMap, openShop } from '../support/shop';

const UNIFIED = `query ($identity: IdentityInput!) {
  profile(identity: $identity) {
    id
    revision
    attributes
    segments { segment { id name } status lastQualificationTime validUntil segmentVersion cause { kind reference } }
    decisions(placements: [{ placement: "home-hero" }]) {
      placement { id contentType } offer { id } content reason score explanation
    }
  }
}`;

const SHOWN = `query ($identity: IdentityInput!) { profile(identity: $identity) {
  segments { segment { id } } decisions(placements: [{ placement: "home-hero" }]) { offer { id } } } }`;

const COLLECT = `mutation ($input: CollectInput!) {
  collect(input: $input) {
    ecid
    results { status code path message }
    profile {
      id
      isAnonymous
      segments { segment { id } cause { kind } }
      decisions(placements: [{ placement: "home-hero" }]) { offer { id } content reason }
    }
  }
}`;

describeEveryMode('One question, one answer', (attune) => {
  test('the shop is set up', () => openShop(attune));

  test('Q-1 one query answers with the profile, the segments realized now and the chosen offer', async () => {
    const now = attune.now();
    const records = [
      { identityMap: identityMap('CRMID', 'C-100'), loyalty: { tier: 'gold' }, person: { name: 'Ada' } },
    ];
    const { ingestRecords } = await attune.data(
      'mutation ($records: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $records) { accepted rejected } }',
      { records },
      KEYS.server,
    );
    expect(ingestRecords).toEqual({ accepted: 1, rejected: 0 });
    await ingest(attune, 'web', [
      event('commerce.purchases', now - 60_000, { identityMap: identityMap('CRMID', 'C-100') }),
    ]);

    const { profile } = await attune.data(UNIFIED, { identity: { namespace: 'CRMID', value: 'C-100' } }, KEYS.server);

    expect(profile.attributes).toMatchObject({ loyalty: { tier: 'gold' }, person: { name: 'Ada' } });
    expect(profile.segments.map(({ segment }: { segment: { id: string } }) => segment.id).sort()).toEqual([
      'active-now',
      'gold',
    ]);
    expect(profile.decisions).toEqual([
      {
        placement: { id: 'home-hero', contentType: 'HTML' },
        offer: { id: 'O-GOLD' },
        content: 'Hello gold',
        reason: 'TARGETING_MATCH',
        score: 80,
        explanation: expect.stringContaining('O-GOLD'),
      },
    ]);
    // An answer is its receiver's own: what is kept of people stays what it is.
    profile.attributes.loyalty.tier = 'iron';
    const again = await attune.data(UNIFIED, { identity: { namespace: 'CRMID', value: 'C-100' } }, KEYS.server);
    expect(again.profile.attributes.loyalty.tier).toBe('gold');
  });

  test('Q-2 a collect answers including its own events, on the same request', async () => {
    const identity = identityMap('ECID', '1'.repeat(38));
    const before = await collect(attune, { identityMap: identity, events: [event('web.pageView', attune.now())] });
    expect(offerOf(before)).toBe('O-WELCOME');

    const added = event('commerce.cartAdds', attune.now());
    const after = await collect(attune, { identityMap: identity, events: [added] });

    expect(after.results).toEqual([{ status: 'ACCEPTED', code: null, path: null, message: null }]);
    expect(segmentsOf(after)).toContain('cart-abandoners');
    expect(offerOf(after)).toBe('O-CART10');
  });

  test('P-16 a first visit without an identity is given an ECID of 38 digits, and is found by it', async () => {
    const first = await collect(attune, { events: [event('web.pageView', attune.now(), { campaign: 'spring' })] });
    expect(first.ecid).toMatch(/^\d{38}$/);
    expect(first.profile.isAnonymous).toBe(true);
    expect(segmentsOf(first)).toContain('spring-visitors');

    const { profile } = await attune.data(UNIFIED, { identity: { namespace: 'ECID', value: first.ecid } });
    expect(profile.id).toBe(first.profile.id);
  });

  test('P-17 the request that logs in sees the known person and keeps what the visitor did before', async () => {
    const ecid = '2'.repeat(38);
    await collect(attune, {
      identityMap: identityMap('ECID', ecid),
      events: [event('commerce.cartAdds', attune.now())],
    });
    const login = await collect(attune, {
      identityMap: { ...identityMap('ECID', ecid), CRMID: [{ id: 'C-100', authenticatedState: 'authenticated' }] },
      events: [event('web.login', attune.now())],
    });
    expect(segmentsOf(login)).toEqual(expect.arrayContaining(['gold', 'cart-abandoners']));
    expect(offerOf(login)).toBe('O-GOLD');
  });

  test('P-17 with loggedOut public answers use the browser alone until the next login; servers see what is known', async () => {
    const ecid = '4'.repeat(38);
    let atMs = attune.now() - 10_000;
    const next = (eventType: string) => {
      atMs += 1_000;
      return [event(eventType, atMs)];
    };
    const visit = (state: string, eventType: string) => ({
      identityMap: { ...identityMap('ECID', ecid), CRMID: [{ id: 'C-100', authenticatedState: state }] },
      events: next(eventType),
    });
    const seenWith = async (key: string) => {
      const { profile } = await attune.data(SHOWN, { identity: { namespace: 'ECID', value: ecid } }, key);
      return [segmentsOf({ profile }).includes('gold'), offerOf({ profile })];
    };
    await collect(attune, visit('authenticated', 'web.login'));
    expect(await seenWith(KEYS.public)).toEqual([true, 'O-GOLD']);

    const out = await collect(attune, visit('loggedOut', 'web.logout'));
    expect([segmentsOf(out).includes('gold'), offerOf(out)]).toEqual([false, 'O-WELCOME']);
    expect(await seenWith(KEYS.public)).toEqual([false, 'O-WELCOME']);
    const browser = { identityMap: identityMap('ECID', ecid) };
    const later = await collect(attune, { ...browser, events: next('commerce.cartAdds') });
    expect([segmentsOf(later).includes('gold'), offerOf(later)]).toEqual([false, 'O-CART10']);
    expect(await seenWith(KEYS.server)).toEqual([true, 'O-GOLD']);

    await collect(attune, visit('authenticated', 'web.login'));
    expect(await seenWith(KEYS.public)).toEqual([true, 'O-GOLD']);
  });

  test('Q-3 what was acknowledged is visible to the very next question', async () => {
    for (let index = 0; index < 25; index += 1) {
      const crmid = `Q3-${index}`;
      await ingest(attune, 'web', [
        event('commerce.cartAdds', attune.now(), { identityMap: identityMap('CRMID', crmid) }),
      ]);
      const { profile } = await attune.data(UNIFIED, { identity: { namespace: 'CRMID', value: crmid } }, KEYS.server);
      expect(profile.segments.map(({ segment }: { segment: { id: string } }) => segment.id)).toContain(
        'cart-abandoners',
      );
      expect(profile.decisions[0].offer.id).toBe('O-CART10');
    }
  });

  test('Q-2 the tenth collect is answered as the first was: what is left out has its default', async () => {
    for (let index = 0; index < 10; index += 1) {
      const payload = await collect(attune, { identityMap: identityMap('ECID', '5'.repeat(38)) });
      expect(payload).toMatchObject({ results: [], ecid: null });
    }
  });

  test('P-14 an unknown identity is null, not an error', async () => {
    const answer = await attune.ask(UNIFIED, { identity: { namespace: 'CRMID', value: 'nobody' } });
    expect(answer).toEqual({ data: { profile: null } });
  });

  test('tools read the whole schema by the usual introspection query, with its fragments', async () => {
    const schema = buildClientSchema((await attune.data(getIntrospectionQuery())) as IntrospectionQuery);
    expect(Object.keys(schema.getSubscriptionType()?.getFields() ?? {})).toContain('segmentQualificationChanged');
  });

  test('P-3 an event that is sent twice is counted once, and each item has its own answer', async () => {
    const who = { identityMap: identityMap('CRMID', 'P3') };
    const once = event('commerce.productViews', attune.now(), { ...who, category: 'shoes' });
    const { _id, ...withoutId } = event('commerce.productViews', attune.now(), who);
    const payload = await ingest(attune, 'web', [
      once,
      once,
      withoutId,
      event('web.pageView', 'not a date'.length, who),
    ]);
    expect(payload.results.map(({ status }: { status: string }) => status)).toEqual([
      'ACCEPTED',
      'DUPLICATE',
      'REJECTED',
      'ACCEPTED',
    ]);
    expect(await ingest(attune, 'web', [once])).toMatchObject({ accepted: 0, duplicates: 1, rejected: 0 });
  });

  test('P-7 two items that share an identity are one person, found by any identity and by the ended id', async () => {
    const email = { namespace: 'Email', value: 'ada@example.test' };
    await ingest(attune, 'web', [
      event('web.pageView', attune.now(), { identityMap: identityMap('ECID', '3'.repeat(38)) }),
    ]);
    await ingest(attune, 'web', [
      event('web.pageView', attune.now(), { identityMap: identityMap(email.namespace, email.value) }),
    ]);
    const idOf = async (namespace: string, value: string) =>
      (await attune.data(UNIFIED, { identity: { namespace, value } })).profile.id;
    const [byEcid, byEmail] = [await idOf('ECID', '3'.repeat(38)), await idOf('Email', email.value)];
    expect(byEcid).not.toBe(byEmail);

    const both = { ...identityMap('ECID', '3'.repeat(38)), ...identityMap(email.namespace, email.value) };
    await ingest(attune, 'web', [event('web.pageView', attune.now(), { identityMap: both })]);

    expect(await idOf('ECID', '3'.repeat(38))).toBe(byEcid);
    expect(await idOf('Email', email.value)).toBe(byEcid);
    const { profileById } = await attune.data(
      'query ($id: ID!) { profileById(id: $id) { id events { edges { node { id } } } } }',
      {
        id: byEmail,
      },
    );
    expect(profileById.id).toBe(byEcid);
    expect(profileById.events.edges).toHaveLength(3);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
type Answer = any;

async function collect(attune: AttuneUnderTest, input: object): Promise<Answer> {
  return (await attune.data(COLLECT, { input }, KEYS.public)).collect;
}

function offerOf({ profile }: Answer): string {
  return profile.decisions[0].offer.id;
}

function segmentsOf({ profile }: Answer): readonly string[] {
  return profile.segments.map(({ segment }: { segment: { id: string } }) => segment.id);
}
