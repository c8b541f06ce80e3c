import { expect, test } from '@jest/globals';
import { describeEveryMode, KEYS } from '../support/every-mode';
import { event, identityMap, openShop } from '../support/shop';

const ECID = '4'.repeat(38);
const BROWSER = `identity: { namespace: "ECID", value: "${ECID}" }`;
const CLOSED = ['attributes', 'computedAttributes'] as const;
const CLOSED_WITH_FIELDS = {
  identities: 'identities { value }',
  identityLinks: 'identityLinks { item }',
  events: 'events { edges { node { id } } }',
  consents: 'consents { purpose }',
} as const;

describeEveryMode('Q-5 rights', (attune) => {
  test('a browser is seen, and an offer is there', async () => {
    await openShop(attune);
    const { collect } = await attune.data(
      'mutation ($input: CollectInput!) { collect(input: $input) { results { status } profile { id } } }',
      { input: { identityMap: identityMap('ECID', ECID), events: [event('commerce.cartAdds', attune.now())] } },
      KEYS.public,
    );
    expect(collect).toEqual({ results: [{ status: 'ACCEPTED' }], profile: { id: expect.any(String) } });
  });

  test('Q-5 a public key gets segments and decisions of a browser', async () => {
    const { profile } = await attune.data(
      `{ profile(${BROWSER}) { segments { segment { id } status } decisions(placements: [{ placement: "home-hero" }]) { offer { id name } content reason } } }`,
      {},
      KEYS.public,
    );
    expect(profile.segments.map(({ segment }: { segment: { id: string } }) => segment.id)).toContain('cart-abandoners');
    expect(profile.decisions[0]).toMatchObject({ offer: { id: 'O-CART10' }, content: '10 % off your cart' });
  });

  test.each([...CLOSED.map((field) => [field, field] as const), ...Object.entries(CLOSED_WITH_FIELDS)])(
    'Q-5 a public key is FORBIDDEN %s, and the rest is answered',
    async (field, selection) => {
      const asked = [
        `{ profile(${BROWSER}) { id ${selection} } }`,
        `{ profile(${BROWSER}) { id other: ${selection} } }`,
        `{ profile(${BROWSER}) { id ... on Profile { ${selection} } } }`,
        `query { profile(${BROWSER}) { ...F } } fragment F on Profile { id ${selection} }`,
      ];
      for (const query of asked) {
        const { data, errors } = await attune.ask(query, {}, KEYS.public);
        expect(errors?.map(({ extensions }) => extensions?.code)).toContain('FORBIDDEN');
        const { profile } = data as { profile: Record<string, unknown> | null };
        if (profile) {
          expect(profile.id).toEqual(expect.any(String));
          expect(profile[field] ?? profile.other ?? null).toBeNull();
        }
      }
    },
  );

  test('Q-5 a public key is FORBIDDEN a person by a namespace of persons', async () => {
    const { data, errors } = await attune.ask(
      '{ profile(identity: { namespace: "CRMID", value: "C-100" }) { id } }',
      {},
      KEYS.public,
    );
    expect(data).toEqual({ profile: null });
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
  });

  test('Q-5 a public key is FORBIDDEN what servers and administrators do', async () => {
    const operations = [
      'mutation { ingestEvents(dataset: "web", events: []) { accepted } }',
      'mutation { ingestRecords(dataset: "crm", records: []) { accepted } }',
      'mutation { putSegment(input: { id: "x", name: "x", rule: "true" }) { segment { id } } }',
      'mutation { deleteSegment(id: "gold") { id } }',
      'mutation { putOffer(input: { id: "x", name: "x", representations: [] }) { id } }',
      '{ segmentQualifications { edges { cursor } } }',
      '{ failedItems { edges { cursor } } }',
      '{ deliveryLedger(destination: "x") { sent } }',
      '{ explainDecision(profile: { namespace: "ECID", value: "1" }, placement: "home-hero") { reason } }',
    ];
    for (const query of operations) {
      const { data, errors } = await attune.ask(query, {}, KEYS.public);
      expect([query, errors?.[0]?.extensions?.code]).toEqual([query, 'FORBIDDEN']);
      expect(Object.values(data ?? { none: null })).toEqual([null]);
    }
    const stream = await attune
      .subscribe({ query: 'subscription { segmentQualificationChanged { cursor } }', key: KEYS.public })
      .then(
        async (iterator) => (await iterator.next()).value,
        (error: Error) => ({ errors: [String(error)] }),
      );
    expect(JSON.stringify(stream.errors)).toContain('FORBIDDEN');
  });

  test('Q-5 a server key reads and writes people, and configures nothing', async () => {
    const { profile } = await attune.data(
      `{ profile(${BROWSER}) { attributes identities { namespace value } events { edges { node { eventType } } } consents { purpose } } }`,
      {},
      KEYS.server,
    );
    expect(profile).toMatchObject({ identities: [{ namespace: 'ECID', value: ECID }] });
    for (const query of [
      'mutation { putSegment(input: { id: "x", name: "x", rule: "true" }) { segment { id } } }',
      'mutation { putDataset(input: { id: "x", kind: EVENTS }) { id } }',
      '{ previewSegment(rule: "true") { profiles { id } } }',
    ]) {
      const { errors } = await attune.ask(query, {}, KEYS.server);
      expect([query, errors?.[0]?.extensions?.code]).toEqual([query, 'FORBIDDEN']);
    }
  });

  test('Q-5 a privacy key asks for nothing but privacy jobs', async () => {
    const { data, errors } = await attune.ask(`{ profile(${BROWSER}) { id } }`, {}, KEYS.privacy);
    expect(data ?? { profile: null }).toEqual({ profile: null });
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
  });

  test('what subgraphs pass to each other is not in the public graph', async () => {
    for (const field of ['decisionFacts', 'realizedSegmentIds']) {
      const { errors } = await attune.ask(`{ profile(${BROWSER}) { ${field} } }`);
      expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    }
    const { __type } = await attune.data('{ __type(name: "Profile") { fields { name } } }');
    const names = __type.fields.map(({ name }: { name: string }) => name);
    expect(names).toContain('decisions');
    expect(names).not.toContain('decisionFacts');
  });
});
