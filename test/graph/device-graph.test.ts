import { expect, test } from '@jest/globals';
import { request } from 'undici';
import { describeEveryMode, KEYS } from '../support/every-mode';
import { event, identityMap } from '../support/shop';

const HOUR_MS = 3_600_000;
const [PHONE, TABLET] = ['1'.repeat(38), '2'.repeat(38)];

describeEveryMode('A device graph from elsewhere', (attune) => {
  const eventsOf = async (mergePolicy: string | null): Promise<number> => {
    const query = `query ($identity: IdentityInput!, $mergePolicy: ID) {
      profile(identity: $identity, mergePolicy: $mergePolicy) { events { edges { node { id } } } }
    }`;
    const variables = { identity: { namespace: 'ECID', value: PHONE }, mergePolicy };
    return (await attune.data(query, variables, KEYS.server)).profile.events.edges.length;
  };

  test('S-19 links from a file show at once under the policy that names the graph, alone, until they end', async () => {
    const events = [PHONE, TABLET].map((ecid) =>
      event('web.pageView', attune.now(), { identityMap: identityMap('ECID', ecid) }),
    );
    await attune.data(
      'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }',
      { events },
      KEYS.server,
    );
    const untilMs = attune.now() + HOUR_MS;
    const row = { from: PHONE, to: TABLET, validUntil: new Date(untilMs).toISOString() };
    const answer = await request(`${attune.url()}/device-graphs/homes?provider=acme&namespace=ECID`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.server}` },
      body: JSON.stringify(row),
    });
    expect(JSON.parse(await answer.body.text())).toEqual({ row: 1, status: 'ACCEPTED' });
    await attune.data('mutation { putMergePolicy(input: { id: "at-home", deviceGraph: "homes" }) { id } }');
    expect([await eventsOf('at-home'), await eventsOf(null)]).toEqual([2, 1]);
    await attune.moveTo(untilMs);
    expect(await eventsOf('at-home')).toBe(1);
  });

  test('S-19 segments of the default policy see it: when a link comes, when one of both acts, and when it ends', async () => {
    const rule = 'xEvent[eventType = "view"].count() >= 2';
    await attune.data(
      `mutation ($rule: String!) {
        putSegment(input: { id: "twice", name: "Twice", rule: $rule, publish: true }) { segment { id } }
        putMergePolicy(input: { id: "at-home", deviceGraph: "homes", default: true }) { id } }`,
      { rule },
    );
    await attune.idle();
    const untilMs = attune.now() + HOUR_MS;
    const ends = { from: { namespace: 'ECID', value: PHONE }, to: { namespace: 'ECID', value: TABLET } };
    await attune.data(
      `mutation ($links: [DeviceLinkInput!]!) {
        importDeviceGraph(input: { id: "homes", name: "homes", provider: "acme" }, links: $links) { accepted } }`,
      { links: [{ ...ends, validUntil: new Date(untilMs).toISOString() }] },
    );
    const collect = (ecid: string) =>
      attune.data(
        'mutation ($input: CollectInput!) { collect(input: $input) { profile { segments { segment { id } } } } }',
        { input: { identityMap: identityMap('ECID', ecid), events: [event('view', attune.now())] } },
      );
    expect((await collect(PHONE)).collect.profile.segments).toEqual([]);
    expect((await collect(TABLET)).collect.profile.segments).toEqual([{ segment: { id: 'twice' } }]);
    const statusOf = async (value: string) => {
      const query = `query ($i: IdentityInput!) { profile(identity: $i) { segments(statuses: [REALIZED, EXITED]) {
        status cause { kind } } } }`;
      return (await attune.data(query, { i: { namespace: 'ECID', value } })).profile.segments;
    };
    expect(await statusOf(PHONE)).toEqual([{ status: 'REALIZED', cause: { kind: 'EVENT' } }]);
    await attune.moveTo(untilMs);
    expect(await statusOf(PHONE)).toEqual([{ status: 'EXITED', cause: { kind: 'EXPIRY' } }]);
  });
});
