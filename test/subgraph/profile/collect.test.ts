import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { type Answer, ecid, event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

const SECRET = 'a secret of sixteen characters';
let profile: ProfileFixture;
let guarded: ProfileFixture;
beforeAll(async () => {
  profile = await openProfile();
  guarded = await openProfile({ identitySecret: SECRET });
});
afterAll(async () => {
  await profile.close();
  await guarded.close();
});

const BROWSER: Partial<RequestContext> = { scope: 'public', operation: 'mutation' };
const COLLECT = `mutation ($input: CollectInput!) { collect(input: $input) {
  ecid results { id status code path profile { id } }
  profile { id revision isAnonymous attributes consents { purpose status source } identities { namespace value } events { edges { node { id } } } decisionFacts }
} }`;
const collect = async (input: object, context = BROWSER, fixture = profile): Promise<Answer> =>
  (await fixture.get(COLLECT, { input }, context)).collect;

describe('P-16 a visitor without an identity', () => {
  test('P-16 is given an ECID of 38 digits, each another, and is found by it', async () => {
    const [one, other] = [await collect({ events: [event('a', NOW_MS)] }), await collect({})];
    expect(one.ecid).toMatch(/^\d{38}$/);
    expect(other.ecid).not.toBe(one.ecid);
    expect(other.profile).toMatchObject({ revision: 1, isAnonymous: true });
    expect((await profile.find('ECID', one.ecid)).id).toBe(one.profile.id);
    expect(eventIds(one.profile)).toHaveLength(1);
  });

  test('P-16 a first-party id always gets the same ECID, also in parallel', async () => {
    const visit = () => collect({ identityMap: { FPID: [{ id: 'fp-1' }] }, events: [event('a', NOW_MS)] });
    const answers = await Promise.all(Array.from({ length: 8 }, visit));
    expect(new Set(answers.map(({ ecid: given }) => given)).size).toBe(1);
    expect(eventIds((await visit()).profile)).toHaveLength(9);
    const other = await collect({ identityMap: { FPID: [{ id: 'fp-2' }] } });
    expect(other.ecid).not.toBe(answers[0]?.ecid);
  });

  test('P-16 who sends an ECID is given none', async () => {
    expect(await collect({ ...who({ ECID: ecid(1) }) })).toMatchObject({ ecid: null, profile: { isAnonymous: true } });
    const both = await collect({ identityMap: { ECID: [{ id: ecid(1) }], FPID: [{ id: 'fp-1' }] } });
    expect(both).toMatchObject({ ecid: null, profile: { identities: [{ value: ecid(1) }] } });
  });
});

describe('P-17 from anonymous to known', () => {
  test('P-17 the request that logs in sees the known person and keeps what the visitor did', async () => {
    await profile.ingest('crm', { ...who({ CRMID: 'known' }), loyalty: { tier: 'gold' } });
    const before = await collect({ ...who({ ECID: ecid(2) }), events: [event('a', NOW_MS)] });
    const login = { ECID: [{ id: ecid(2) }], CRMID: [{ id: 'known', authenticatedState: 'authenticated' }] };
    const { profile: person } = await collect({ identityMap: login, events: [event('login', NOW_MS)] });
    expect(person).toMatchObject({ attributes: { loyalty: { tier: 'gold' } }, isAnonymous: false });
    expect(eventIds(person)).toEqual(expect.arrayContaining([...eventIds(before.profile)]));
  });

  test('P-17 after a log-out public answers use the browser alone until the next login; servers see everything', async () => {
    const map = (state: string) => ({
      identityMap: { ECID: [{ id: ecid(2) }], CRMID: [{ id: 'known', authenticatedState: state }] },
    });
    const out = await collect({ ...map('loggedOut'), events: [event('logout', NOW_MS + 1)] });
    expect(out.profile).toMatchObject({ attributes: {}, identities: [{ value: ecid(2) }] });
    const later = await collect({ ...who({ ECID: ecid(2) }), events: [event('a', NOW_MS + 2)] });
    expect(later.profile.attributes).toEqual({});
    expect(later.profile.decisionFacts.attributes).toEqual({});
    const [view] = await profile.subgraph.reader.getMany('default', [later.profile.id], { events: true });
    expect(view).toMatchObject({ id: later.profile.id, attributes: {}, identities: [{ value: ecid(2) }] });
    const asked = await profile.get(
      'query ($i: IdentityInput!) { profile(identity: $i) { id } }',
      { i: { namespace: 'ECID', value: ecid(2) } },
      { scope: 'public' },
    );
    expect(asked.profile.id).toBe(later.profile.id);
    expect(await profile.find('ECID', ecid(2))).toMatchObject({ attributes: { loyalty: { tier: 'gold' } } });

    const again = await collect({ ...map('authenticated'), events: [event('login', NOW_MS + 3)] });
    expect(again.profile.attributes).toEqual({ loyalty: { tier: 'gold' } });

    await collect({ ...map('loggedOut'), events: [event('logout', NOW_MS + 4)] });
    const file = { ...map('ambiguous'), timestamp: new Date(NOW_MS + 5).toISOString(), tier: 'x' };
    await profile.ingest('crm', file);
    expect((await collect(who({ ECID: ecid(2) }))).profile.attributes).toEqual({});
  });

  test('P-17 a login and a log-out of one instant are a login, also when one item says both', async () => {
    const sent = (state: string) => ({ ECID: [{ id: ecid(20) }], CRMID: [{ id: 'known', authenticatedState: state }] });
    const at = (id: string, state: string) => ({
      ...event('a', NOW_MS + 10, { identityMap: sent(state) }),
      _id: `same-${id}`,
    });
    const { profile: both } = await collect({
      ...who({ ECID: ecid(20) }),
      events: [at('a', 'authenticated'), at('b', 'loggedOut')],
    });
    expect(both.attributes).not.toEqual({});
    const events = [event('a', NOW_MS + 11, { identityMap: sent('loggedOut') })];
    const { profile: one } = await collect({ identityMap: sent('authenticated'), events });
    expect(one.attributes).not.toEqual({});
    expect(one.identities).toHaveLength(3);
  });
});

describe('D-7 a request that is repeated', () => {
  test('D-7 has the same answer and is counted once, also when both come at the same time', async () => {
    const input = { requestId: 'r-1', events: [event('a', NOW_MS)] };
    const [one, other] = await Promise.all([collect(input), collect(input)]);
    const third = await collect(input);
    expect(other).toEqual(one);
    expect(third.results).toEqual(one.results);
    expect(third.ecid).toBe(one.ecid);
    expect(third.profile).toEqual(one.profile);
  });

  test('D-7 without an id each is a request of its own', async () => {
    const events = [event('a', NOW_MS)];
    const identityMap = { ECID: [{ id: ecid(9) }] };
    expect((await collect({ identityMap, events })).results[0].status).toBe('ACCEPTED');
    expect((await collect({ identityMap, events })).results[0].status).toBe('DUPLICATE');
  });
});

describe('P-18 consent', () => {
  test('P-18 a denied collect refuses the event with that reason, and it is kept nowhere', async () => {
    const consents = [{ purpose: 'collect', status: 'DENIED' }];
    const denied = await collect({ ...who({ ECID: ecid(3) }), consents, events: [event('a', NOW_MS)] });
    expect(denied.results[0]).toMatchObject({ status: 'REJECTED', code: 'CONSENT_DENIED' });
    expect(denied.profile).toMatchObject({ consents: [{ purpose: 'collect', status: 'DENIED', source: 'web' }] });
    expect(eventIds(denied.profile)).toEqual([]);
    const { failedItems } = await profile.get('{ failedItems(code: "CONSENT_DENIED") { edges { node { id } } } }');
    expect(failedItems.edges).toEqual([]);
    const { results } = await profile.ingest('web', event('a', NOW_MS, who({ ECID: ecid(3) })));
    expect(results[0].code).toBe('CONSENT_DENIED');
  });

  test('P-18 the newest statement holds, also of merged identities, and for equal times the denial', async () => {
    const say = (namespace: string, value: string, status: string) =>
      profile.get(
        `mutation { setConsent(identity: { namespace: "${namespace}", value: "${value}" }, purpose: "marketing.email", status: ${status}) {
          consents { purpose status at source } } }`,
      );
    await say('CRMID', 'agrees', 'DENIED');
    profile.clock.advance(1);
    expect(await say('Email', 'agrees@example.test', 'GRANTED')).toMatchObject({
      setConsent: { consents: [{ purpose: 'marketing.email', status: 'GRANTED', source: 'setConsent' }] },
    });
    await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'agrees', Email: 'agrees@example.test' })));
    const consents = async () => (await profile.find('CRMID', 'agrees', 'consents { status }')).consents;
    expect(await consents()).toEqual([{ status: 'GRANTED' }]);
    await say('CRMID', 'agrees', 'DENIED');
    expect(await consents()).toEqual([{ status: 'DENIED' }]);
    const [snapshot] = await profile.subgraph.reader.getMany('default', [(await profile.find('CRMID', 'agrees')).id]);
    expect(snapshot?.consents).toEqual({ 'marketing.email': 'DENIED' });
  });

  test('P-18 silence counts as granted for collect and personalize, unless the sandbox says otherwise', async () => {
    expect((await profile.ingest('web', event('a', NOW_MS, who({ CRMID: 'silent' })))).accepted).toBe(1);
    const strict = await openProfile({
      unknownConsents: { collect: 'DENIED', personalize: 'DENIED', share: 'GRANTED' },
    });
    const say = (value: string, status: string) =>
      strict.get(
        `mutation { setConsent(identity: { namespace: "CRMID", value: "${value}" }, purpose: "collect", status: ${status}) { id } }`,
      );
    const statusOf = async (identities: Record<string, string>) =>
      (await strict.ingest('web', event('a', NOW_MS, who(identities)))).results[0].code;
    expect(await statusOf({ CRMID: 'silent' })).toBe('CONSENT_DENIED');
    await say('silent', 'UNKNOWN');
    expect(await statusOf({ CRMID: 'silent' })).toBe('CONSENT_DENIED');
    await say('silent', 'GRANTED');
    expect(await statusOf({ CRMID: 'silent' })).toBeNull();
    expect(await statusOf({ CRMID: 'silent', ECID: ecid(6) })).toBeNull();
    const [snapshot] = await strict.subgraph.reader.getMany('default', [(await strict.find('CRMID', 'silent')).id]);
    expect(snapshot?.consents).toEqual({ collect: 'GRANTED', personalize: 'DENIED', share: 'GRANTED' });
    const consents = [{ purpose: 'collect', status: 'GRANTED' }];
    const visit = await collect({ ...who({ ECID: ecid(7) }), consents, events: [event('a', NOW_MS)] }, BROWSER, strict);
    expect(visit.results[0].status).toBe('ACCEPTED');
    expect(visit.profile.decisionFacts.consents).toMatchObject({ personalize: 'DENIED' });
    expect(visit.profile.consents).toHaveLength(1);
    await strict.close();
  });

  test('P-18 each purpose can be agreed to and taken back', async () => {
    const purposes = [
      'collect',
      'personalize',
      'share',
      ...['email', 'sms', 'push', 'ads'].map((way) => `marketing.${way}`),
    ];
    for (const purpose of purposes) {
      for (const status of ['GRANTED', 'DENIED', 'UNKNOWN']) {
        profile.clock.advance(1);
        const { setConsent } = await profile.get(
          `mutation { setConsent(identity: { namespace: "CRMID", value: "purposes" }, purpose: "${purpose}", status: ${status}) {
            consents { purpose status at } } }`,
        );
        expect(setConsent.consents).toContainEqual({
          purpose,
          status,
          at: new Date(profile.clock.now()).toISOString(),
        });
      }
    }
  });

  test('P-18 an item that names two people is refused where either of them denies', async () => {
    for (const [value, status] of [
      ['grants', 'GRANTED'],
      ['denies', 'DENIED'],
    ]) {
      await profile.get(
        `mutation { setConsent(identity: { namespace: "IDFA", value: "${value}" }, purpose: "collect", status: ${status}) { id } }`,
      );
    }
    for (const both of [
      ['grants', 'denies'],
      ['denies', 'grants'],
    ]) {
      const { results } = await profile.ingest('web', event('a', NOW_MS, who({ IDFA: both })));
      expect(results[0].code).toBe('CONSENT_DENIED');
    }
  });

  test('P-18 an unknown purpose is BAD_USER_INPUT', async () => {
    await expect(collect({ consents: [{ purpose: 'telepathy', status: 'GRANTED' }] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { path: 'consents[0].purpose' },
    });
  });
});

describe('Q-2 what a collect tells of the request', () => {
  test('Q-2 its context reaches decisions about the very answer', async () => {
    const answer = await collect({ ...who({ ECID: ecid(4) }), context: { campaign: 'spring' }, requestId: 'r-ctx' });
    expect(answer.profile.decisionFacts).toEqual({
      attributes: {},
      computedAttributes: {},
      consents: {},
      isAnonymous: true,
      context: { campaign: 'spring' },
      requestId: 'r-ctx',
    });
  });

  test('events, then records, each have their answer in the order given', async () => {
    const events = [event('a', NOW_MS), { eventType: 'b' }];
    const records = [{ tier: 'gold' }, 7];
    await expect(collect({ ...who({ CRMID: 'order' }), events, records }, {})).rejects.toThrow();
    const answer = await collect({ ...who({ CRMID: 'order' }), events, records: [{ tier: 'gold' }] }, {});
    expect(answer.results.map(({ status, path }: Answer) => [status, path])).toEqual([
      ['ACCEPTED', null],
      ['REJECTED', '_id'],
      ['ACCEPTED', null],
    ]);
    expect(answer.profile.attributes).toEqual({ tier: 'gold' });
  });

  test('events may name somebody of their own', async () => {
    const answer = await collect({ events: [event('a', NOW_MS, who({ CRMID: 'own' }))] }, {});
    expect(answer).toMatchObject({ ecid: null, profile: { identities: [{ value: 'own' }] } });
  });
});

describe('Q-5 a public key', () => {
  const refusal = (input: object, fixture = profile) => expect(collect(input, BROWSER, fixture)).rejects;

  test('Q-5 writes to public datasets only, and no records', async () => {
    await profile.get('mutation { putDataset(input: { id: "till", kind: EVENTS }) { id } }');
    await refusal({ dataset: 'till', events: [event('a', NOW_MS)] }).toMatchObject({ code: 'FORBIDDEN' });
    await refusal({ records: [{ tier: 'gold' }] }).toMatchObject({ code: 'FORBIDDEN' });
    await refusal({ dataset: 'nowhere', events: [event('a', NOW_MS)] }).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('Q-5 asks by browsers and devices only', async () => {
    const ask = (query: string) => expect(profile.get(query, {}, { scope: 'public' })).rejects;
    await ask('{ profile(identity: { namespace: "CRMID", value: "known" }) { id } }').toMatchObject({
      code: 'FORBIDDEN',
    });
    await ask('{ profiles(identities: [{ namespace: "Email", value: "x" }]) { id } }').toMatchObject({
      code: 'FORBIDDEN',
    });
    await ask('mutation { decide(identity: { namespace: "CRMID", value: "known" }) { id } }').toMatchObject({
      code: 'FORBIDDEN',
    });
    await ask('{ profileById(id: "x") { id } }').toMatchObject({ code: 'FORBIDDEN' });
  });

  test('Q-5 with a secret a person needs a proof; a browser does not, and a server key brings none', async () => {
    const proof = createHmac('sha256', SECRET).update('CRMID|proved').digest('hex');
    const map = (entry: object) => ({ identityMap: { ECID: [{ id: ecid(5) }], CRMID: [{ id: 'proved', ...entry }] } });
    await refusal(map({}), guarded).toMatchObject({ code: 'FORBIDDEN', details: { path: 'identityMap.CRMID[0]' } });
    await refusal(map({ proof: 'abc' }), guarded).toMatchObject({ code: 'FORBIDDEN' });
    const own = await collect({ events: [event('a', NOW_MS, map({}))] }, BROWSER, guarded);
    expect(own.results[0]).toMatchObject({ status: 'REJECTED', code: 'PROOF_REQUIRED' });
    expect(await guarded.find('CRMID', 'proved')).toBeNull();
    expect((await collect(map({ proof }), BROWSER, guarded)).profile.isAnonymous).toBe(false);
    expect((await collect(map({}), { scope: 'server' }, guarded)).profile.isAnonymous).toBe(false);
  });
});
