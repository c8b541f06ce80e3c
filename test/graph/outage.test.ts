import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AttuneUnderTest, toAttuneUnderTest } from '../support/every-mode';
import { mongodbUri } from '../support/every-store';
import { openMode, type Running } from '../support/modes';
import { event, identityMap, openShop } from '../support/shop';

const QUESTION = `{ profile(identity: { namespace: "CRMID", value: "C-100" }) {
  attributes
  segments { segment { id } }
  decisions(placements: [{ placement: "home-hero" }]) { offer { id } reason explanation }
} }`;

const describeProcesses = mongodbUri() ? describe : describe.skip;

describeProcesses('Q-4 a part that is down takes only its own part of the answer', () => {
  let running: Running;
  let attune: AttuneUnderTest;
  beforeAll(async () => {
    running = await openMode('five processes');
    attune = toAttuneUnderTest('five processes', () => running);
    await openShop(attune);
    const records = [{ identityMap: identityMap('CRMID', 'C-100'), loyalty: { tier: 'gold' } }];
    await attune.data(
      'mutation ($records: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $records) { accepted } }',
      {
        records,
      },
    );
    await attune.idle();
  }, 120_000);
  afterAll(() => running.close(), 60_000);

  test('Q-1 with all parts up, the answer is whole', async () => {
    const { profile } = await attune.data(QUESTION);
    expect(profile).toMatchObject({
      segments: [{ segment: { id: 'gold' } }],
      decisions: [{ offer: { id: 'O-GOLD' } }],
    });
  });

  test('Q-4 with segments hanging, the rest comes by the deadline, with the fallback, which says why', async () => {
    await running.signal?.('segments', 'SIGSTOP');
    const answer = attune.ask(QUESTION);
    let answered = false;
    void answer.then(() => {
      answered = true;
    });
    // The deadline is counted from when the question arrives: the clock goes on until then.
    while (!answered) await attune.moveTo(attune.now() + 100);
    const { data, errors } = await answer;
    await running.signal?.('segments', 'SIGCONT');
    expect(data).toMatchObject({
      profile: {
        attributes: { loyalty: { tier: 'gold' } },
        segments: null,
        decisions: [{ offer: { id: 'O-DEFAULT' }, reason: 'FALLBACK', explanation: expect.stringMatching(/segment/i) }],
      },
    });
    const own = errors?.find(({ path }) => path?.join('.') === 'profile.segments');
    expect(own?.extensions).toMatchObject({ code: 'UNAVAILABLE', service: 'segments' });
  }, 60_000);

  test('Q-4 with segments down, the decision is the fallback; with offers down too, the profile is still there', async () => {
    await running.signal?.('segments', 'SIGKILL');
    expect((await attune.ask(QUESTION)).data).toMatchObject({
      profile: { segments: null, decisions: [{ offer: { id: 'O-DEFAULT' }, reason: 'FALLBACK' }] },
    });
    await running.signal?.('offers', 'SIGKILL');
    const { data, errors } = await attune.ask(QUESTION);
    expect(data).toMatchObject({
      profile: { attributes: { loyalty: { tier: 'gold' } }, segments: null, decisions: null },
    });
    expect(new Set(errors?.map(({ extensions }) => `${extensions?.code} ${extensions?.service}`))).toEqual(
      new Set(['UNAVAILABLE segments', 'UNAVAILABLE offers']),
    );
  });

  test('Q-4 what comes in is taken in all the same', async () => {
    const events = [event('web.pageView', attune.now(), { identityMap: identityMap('CRMID', 'C-100') })];
    const { ingestEvents } = await attune.data(
      'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }',
      { events },
    );
    expect(ingestEvents).toEqual({ accepted: 1 });
  });
});
