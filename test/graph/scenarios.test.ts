import { describe, expect, test } from '@jest/globals';
import { describeEveryMode, KEYS } from '../support/every-mode';
import {
  type Answer,
  collect,
  findPerson,
  namesOf,
  offerOf,
  putDefinition,
  segmentsOf,
  sendRows,
} from '../support/people';
import { event, identityMap, openShop, publish, put } from '../support/shop';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const RUNNERS =
  'xEvent[eventType = "commerce.purchases" and category = "running" and timestamp occurs <= 30 days before now].count() >= 3';
const AFFINITY = {
  id: 'productAffinity',
  function: 'AFFINITY',
  value: 'category',
  weights: { 'commerce.productViews': 1, 'commerce.purchases': 3 },
};
const PREFERS_SHOES = 'computedAttributes.productAffinity.shoes > computedAttributes.productAffinity.hats';
const BROWSER = '111'.padStart(38, '0');

describeEveryMode('Acceptance', (attune) => {
  const sendCsv = (dataset: string, rows: readonly string[]) =>
    sendRows(attune, dataset, `${rows.join('\n')}\n`, { 'content-type': 'text/csv' });

  test('the shop is open', async () => {
    await openShop(attune);
    await publish(attune, 'runners', RUNNERS);
    await publish(
      attune,
      'laptop-viewers',
      'xEvent[eventType = "commerce.productViews" and category = "laptops"].count() >= 2',
    );
    await putDefinition(attune, 'ComputedAttribute', AFFINITY);
    const representations = [{ placement: 'home-hero', content: 'Shoes' }];
    await put(attune, 'Offer', {
      id: 'O-SHOES',
      name: 'Shoes',
      priority: 40,
      eligibility: { rule: PREFERS_SHOES },
      representations,
      status: 'APPROVED',
      tags: ['home'],
    });
    await attune.idle();
  });

  describe('Scenario 2, offline meets online', () => {
    test('P-2 P-6 a CSV of customers and one of receipts are taken in, row by row', async () => {
      await putDefinition(attune, 'Dataset', {
        id: 'customers',
        kind: 'RECORDS',
        identities: [
          { path: 'customer', namespace: 'CRMID', primary: true },
          { path: 'mail', namespace: 'Email' },
        ],
      });
      await putDefinition(attune, 'Dataset', {
        id: 'receipts',
        kind: 'EVENTS',
        identities: [{ path: 'customer', namespace: 'CRMID', primary: true }],
      });
      const customers = await sendCsv('customers', [
        'customer,mail,loyalty.tier,person.name',
        'C-100,ada@example.test,gold,Ada',
        'C-101,bob@example.test,silver,Bob',
        ',,,Nobody',
      ]);
      expect(customers.map(({ status }) => status)).toEqual(['ACCEPTED', 'ACCEPTED', 'REJECTED']);
      const bought = (id: string, customer: string, daysAgo: number) =>
        [id, new Date(attune.now() - daysAgo * DAY_MS).toISOString(), 'commerce.purchases', customer, 'running'].join(
          ',',
        );
      const receipts = await sendCsv('receipts', [
        '_id,timestamp,eventType,customer,category',
        bought('r1', 'C-100', 3),
        bought('r2', 'C-100', 12),
        bought('r3', 'C-100', 29),
        bought('r4', 'C-101', 3),
        bought('r5', 'C-101', 31),
        bought('r6', 'C-101', 45),
      ]);
      expect(receipts.every(({ status }) => status === 'ACCEPTED')).toBe(true);
    });

    test('P-17 the first authenticated request gets O-GOLD, High-value runners and Active now', async () => {
      const visitor = '2'.repeat(38);
      const before = await collect(attune, {
        identityMap: identityMap('ECID', visitor),
        events: [event('web.pageView', attune.now())],
      });
      expect([segmentsOf(before), offerOf(before)]).toEqual([['active-now'], 'O-WELCOME']);
      const login = { ...identityMap('ECID', visitor), CRMID: [{ id: 'C-100', authenticatedState: 'authenticated' }] };
      const after = await collect(attune, { identityMap: login, events: [event('web.login', attune.now())] });
      expect([segmentsOf(after), offerOf(after)]).toEqual([['active-now', 'gold', 'runners'], 'O-GOLD']);
    });

    test('S-2 what was bought more than 30 days ago does not count', async () => {
      expect(await findPerson(attune, 'Email', 'bob@example.test')).toMatchObject({ segments: [] });
    });

    test('Q-5 a public token gets no attributes, neither asked for nor on the way', async () => {
      const identity = `{ namespace: "ECID", value: "${'2'.repeat(38)}" }`;
      for (const field of [
        'attributes',
        'identities { value }',
        'events { edges { node { id } } }',
        'computedAttributes',
      ]) {
        const { data, errors } = await attune.ask(
          `{ profile(identity: ${identity}) { id ${field} } }`,
          {},
          KEYS.public,
        );
        expect([errors?.[0]?.extensions?.code, JSON.stringify(data ?? null).includes('gold')]).toEqual([
          'FORBIDDEN',
          false,
        ]);
      }
    });
  });

  describe('Scenario 3, affinity', () => {
    const identity = identityMap('ECID', '3'.repeat(38));
    const views = (category: string, count: number) =>
      Array.from({ length: count }, () => event('commerce.productViews', attune.now(), { category }));

    test('P-15 four shoe views and one hat view show O-SHOES, on the very request', async () => {
      const answer = await collect(attune, {
        identityMap: identity,
        events: [...views('shoes', 4), ...views('hats', 1)],
      });
      expect(offerOf(answer)).toBe('O-SHOES');
      expect(await findPerson(attune, 'ECID', '3'.repeat(38))).toMatchObject({
        computedAttributes: { productAffinity: { shoes: 4, hats: 1 } },
      });
    });

    test('P-15 three hats bought weigh more, and the next hit does not show it', async () => {
      const hats = Array.from({ length: 3 }, () => event('commerce.purchases', attune.now(), { category: 'hats' }));
      await collect(attune, { identityMap: identity, events: hats });
      expect(
        offerOf(await collect(attune, { identityMap: identity, events: [event('web.pageView', attune.now())] })),
      ).toBe('O-WELCOME');
      expect(await findPerson(attune, 'ECID', '3'.repeat(38))).toMatchObject({
        computedAttributes: { productAffinity: { shoes: 4, hats: 10 } },
      });
    });
  });

  describe('Scenario 7, anonymous, known, shared device', () => {
    const sent: Answer[] = [];
    let minute = 0;
    /** One hit on the shared browser; the simulation of all hits so far must give the people that there are. */
    const hit = async (id: string, eventType: string, crmid?: string): Promise<void> => {
      minute += 1;
      const login = crmid ? { CRMID: [{ id: crmid, authenticatedState: 'authenticated' }] } : {};
      const identities = { ...identityMap('ECID', BROWSER), ...login };
      const one = {
        ...event(eventType, attune.now() - DAY_MS + minute * MINUTE_MS, { category: 'laptops' }),
        _id: id,
        identityMap: identities,
      };
      sent.push(one);
      expect((await collect(attune, { identityMap: identities, events: [one] })).results).toMatchObject([
        { status: 'ACCEPTED' },
      ]);
      const { simulateIdentityGraph } = await attune.data(
        'query ($items: [JSONObject!]!) { simulateIdentityGraph(items: $items) { identities { value } } }',
        { items: sent },
      );
      expect(simulateIdentityGraph.map(namesOf).toSorted()).toEqual(await peopleNow());
    };
    const jane = (): Promise<Answer> => findPerson(attune, 'CRMID', 'jane');
    const john = (): Promise<Answer> => findPerson(attune, 'CRMID', 'john');
    const browser = (): Promise<Answer> => findPerson(attune, 'ECID', BROWSER);
    const peopleNow = async (): Promise<readonly string[]> => {
      const people = await Promise.all([jane(), john(), browser()]);
      return [...new Set(people.flatMap((one) => (one ? [namesOf(one)] : [])))].toSorted();
    };
    const stateOf = (one: Answer) => ({
      identities: namesOf(one),
      events: one.events.edges.map(({ node }: Answer) => node.id).toSorted(),
      segments: segmentsOf({ profile: one }),
    });

    test("P-9 two anonymous views of laptops are the browser's", async () => {
      await hit('view-1', 'commerce.productViews');
      await hit('view-2', 'commerce.productViews');
      expect(await browser()).toMatchObject({ isAnonymous: true });
      expect(stateOf(await browser())).toEqual({
        identities: BROWSER,
        events: ['view-1', 'view-2'],
        segments: ['laptop-viewers'],
      });
    });

    test('P-9 Jane logs in on it: views and segment are hers', async () => {
      await hit('jane-1', 'web.login', 'jane');
      expect(stateOf(await jane())).toEqual({
        identities: `${BROWSER} jane`,
        events: ['jane-1', 'view-1', 'view-2'],
        segments: ['laptop-viewers'],
      });
    });

    test('P-9 S-8 John logs in on it: browser, views and segment go to him, her login stays with her', async () => {
      await hit('john-1', 'web.login', 'john');
      expect(stateOf(await jane())).toEqual({ identities: 'jane', events: ['jane-1'], segments: [] });
      expect(stateOf(await john())).toEqual({
        identities: `${BROWSER} john`,
        events: ['john-1', 'view-1', 'view-2'],
        segments: ['laptop-viewers'],
      });
    });

    test('P-9 more anonymous views are his', async () => {
      await hit('view-3', 'commerce.productViews');
      expect(stateOf(await john()).events).toEqual(['john-1', 'view-1', 'view-2', 'view-3']);
      expect(stateOf(await jane()).events).toEqual(['jane-1']);
    });

    test('P-9 S-8 Jane logs in again: all that the browser saw returns to her', async () => {
      await hit('jane-2', 'web.login', 'jane');
      expect(stateOf(await jane())).toEqual({
        identities: `${BROWSER} jane`,
        events: ['jane-1', 'jane-2', 'view-1', 'view-2', 'view-3'],
        segments: ['laptop-viewers'],
      });
      expect(stateOf(await john())).toEqual({ identities: 'john', events: ['john-1'], segments: [] });
    });

    test('P-10 the history of both tells each merge, split and dropped link, with the item that caused it', async () => {
      const history = async (crmid: string) => {
        const { profile } = await attune.data(
          'query ($i: IdentityInput!) { profile(identity: $i) { identityHistory { edges { node { kind dataset item identities } } } } }',
          { i: { namespace: 'CRMID', value: crmid } },
        );
        return profile.identityHistory.edges.map(({ node }: Answer) => [node.kind, node.dataset, node.item]);
      };
      expect(await history('jane')).toEqual(
        expect.arrayContaining([
          ['MERGED', 'web', 'jane-2'],
          ['SPLIT', 'web', 'john-1'],
          ['LINK_DROPPED', 'web', 'john-1'],
        ]),
      );
      expect(await history('john')).toEqual(
        expect.arrayContaining([
          ['SPLIT', 'web', 'jane-2'],
          ['LINK_DROPPED', 'web', 'jane-2'],
        ]),
      );
    });

    test('S-11 every entry and exit was announced, and the last of each is how it stands', async () => {
      await attune.idle();
      const { segmentQualifications } = await attune.data(
        '{ segmentQualifications(segments: ["laptop-viewers"], first: 100) { edges { node { profileId status cause { kind } } } } }',
      );
      const last = new Map(segmentQualifications.edges.map(({ node }: Answer) => [node.profileId, node.status]));
      expect([last.get((await jane()).id), last.get((await john()).id)]).toEqual(['REALIZED', 'EXITED']);
    });
  });

  describe('Scenario 1, a landing page seen first, but for its activity', () => {
    test('P-16 S-4a no identity and a campaign: one answer with a new ECID and Spring visitors', async () => {
      await publish(attune, 'spring', 'context.campaign.name = "spring"');
      const visit = (campaign: string, identities?: object) =>
        collect(attune, {
          context: { campaign: { name: campaign } },
          events: [event('web.pageView', attune.now(), { campaign })],
          ...(identities && { identityMap: identities }),
        });
      const first = await visit('spring');
      expect([segmentsOf(first), offerOf(first)]).toEqual([['active-now', 'spring', 'spring-visitors'], 'O-WELCOME']);
      expect(first.ecid).toMatch(/^\d{38}$/);
      const again = await visit('autumn', identityMap('ECID', first.ecid));
      expect([again.profile.id, segmentsOf(again)]).toEqual([first.profile.id, ['active-now', 'spring-visitors']]);
    });
  });

  describe('Scenario 8, exit at the next hit', () => {
    const visitor = identityMap('ECID', '8'.repeat(38));
    const hit = (...events: readonly object[]) => collect(attune, { identityMap: visitor, events });
    const movesOf = async (profileId: string) => {
      const { segmentQualifications } = await attune.data(
        '{ segmentQualifications(segments: ["cart-abandoners"], first: 1000) { edges { node { profileId status at cause { kind } } } } }',
      );
      const own = segmentQualifications.edges.filter(({ node }: Answer) => node.profileId === profileId);
      return own.map(({ node }: Answer) => [node.status, node.at, node.cause.kind]);
    };
    const iso = (atMs: number): string => new Date(atMs).toISOString();
    let id = '';
    let enteredMs = 0;

    test('S-7 D-3 a purchase ends it: announced, and the very next hit shows O-WELCOME', async () => {
      enteredMs = attune.now();
      const inCart = await hit(event('commerce.cartAdds', enteredMs));
      expect([segmentsOf(inCart), offerOf(inCart)]).toEqual([['active-now', 'cart-abandoners'], 'O-CART10']);
      id = inCart.profile.id;
      await attune.moveTo(enteredMs + MINUTE_MS);
      await hit(event('commerce.purchases', attune.now(), { category: 'hats' }));
      const next = await hit(event('web.pageView', attune.now()));
      expect([segmentsOf(next), offerOf(next)]).toEqual([['active-now'], 'O-WELCOME']);
      await attune.idle();
      expect(await movesOf(id)).toEqual([
        ['REALIZED', iso(enteredMs), 'EVENT'],
        ['EXITED', iso(enteredMs + MINUTE_MS), 'EVENT'],
      ]);
    });

    test('S-7 S-11 without one it ends 3 hours later, once, with no event', async () => {
      const addedMs = attune.now() + MINUTE_MS;
      await attune.moveTo(addedMs);
      await hit(event('commerce.cartAdds', addedMs));
      await attune.moveTo(addedMs + 3 * 60 * MINUTE_MS);
      expect((await movesOf(id)).slice(2)).toEqual([['REALIZED', iso(addedMs), 'EVENT']]);
      await attune.moveTo(addedMs + 3 * 60 * MINUTE_MS + 1_000);
      await attune.moveTo(addedMs + DAY_MS);
      const [exit, ...more] = (await movesOf(id)).slice(3);
      expect([exit, more]).toEqual([['EXITED', expect.any(String), 'TIME'], []]);
      expect(Date.parse(exit[1]) - addedMs - 3 * 60 * MINUTE_MS).toBeGreaterThanOrEqual(0);
      expect(Date.parse(exit[1]) - addedMs - 3 * 60 * MINUTE_MS).toBeLessThanOrEqual(1_000);
    });
  });

  describe('Scenario 9, batch and share', () => {
    const SAME =
      'exists A from xEvent where A.eventType = "commerce.productViews", B from xEvent where B.eventType = "commerce.purchases" and B.sku = A.sku';
    const buyer = identityMap('CRMID', 'batch-1');
    const did = async (eventType: string, identities: object): Promise<void> => {
      const { ingestEvents } = await attune.data(
        'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }',
        { events: [{ ...event(eventType, attune.now(), { sku: 's-1' }), identityMap: identities }] },
        KEYS.server,
      );
      expect(ingestEvents.accepted).toBe(1);
    };
    const segmentsNow = async (crmid: string) => segmentsOf({ profile: await findPerson(attune, 'CRMID', crmid) });

    test('S-4 a rule that needs a scan is BATCH, and tells why', async () => {
      await publish(attune, 'bought-what-they-saw', SAME);
      await publish(attune, 'never-bought-it', 'not inSegment("bought-what-they-saw") and xEvent.count() >= 1');
      const { segment } = await attune.data(
        '{ segment(id: "bought-what-they-saw") { evaluation { method reasons } } }',
      );
      expect(segment.evaluation).toEqual({ method: 'BATCH', reasons: [expect.stringMatching(/\w+ \w+/)] });
    });

    test('S-15 the nightly run evaluates it by itself', async () => {
      await did('commerce.productViews', buyer);
      await did('commerce.purchases', buyer);
      await attune.idle();
      expect(await segmentsNow('batch-1')).toContain('never-bought-it');
      await attune.moveTo(attune.now() + DAY_MS);
      expect(await segmentsNow('batch-1')).toEqual(['bought-what-they-saw']);
    });

    test('S-15 a manual run works at any time, and counts by namespace', async () => {
      await did('commerce.productViews', identityMap('CRMID', 'batch-2'));
      await did('commerce.purchases', identityMap('CRMID', 'batch-2'));
      const { evaluateSegments } = await attune.data(
        'mutation { evaluateSegments(ids: ["bought-what-they-saw"]) { id } }',
      );
      await attune.idle();
      const { evaluationJob } = await attune.data(
        'query ($id: ID!) { evaluationJob(id: $id) { status realized exited byNamespace } }',
        { id: evaluateSegments.id },
      );
      expect(evaluationJob).toMatchObject({ status: 'COMPLETED', realized: 2, byNamespace: { CRMID: 2 } });
      expect(await segmentsNow('batch-2')).toEqual(expect.not.arrayContaining(['never-bought-it']));
    });

    test('S-8 two people merged between runs are not left in segments that contradict each other', async () => {
      await did('web.pageView', identityMap('CRMID', 'batch-3'));
      await attune.idle();
      expect(await segmentsNow('batch-3')).toContain('never-bought-it');
      await did('commerce.productViews', identityMap('ECID', '9'.repeat(38)));
      await did('commerce.purchases', identityMap('ECID', '9'.repeat(38)));
      await did('web.login', { ...identityMap('ECID', '9'.repeat(38)), ...identityMap('CRMID', 'batch-3') });
      const now = await segmentsNow('batch-3');
      expect(now.filter((id) => ['bought-what-they-saw', 'never-bought-it'].includes(id))).toHaveLength(1);
      await attune.moveTo(attune.now() + DAY_MS);
      expect(await segmentsNow('batch-3')).toEqual(['bought-what-they-saw']);
    });

    test('S-4 a 30-day sum that is added answers with its method, the former one and the reasons', async () => {
      const rule = 'loyalty.tier = "gold"';
      const putSegment = async (text: string) =>
        (
          await attune.data(
            `mutation ($input: SegmentInput!) { putSegment(input: $input) {
              segment { evaluation { method reasons } } previousEvaluation { method reasons } } }`,
            { input: { id: 'gold-spenders', name: 'Gold spenders', rule: text, publish: true } },
          )
        ).putSegment;
      expect((await putSegment(rule)).segment.evaluation.method).toBe('EDGE');
      const { segment, previousEvaluation } = await putSegment(
        `${rule} and xEvent[eventType = "commerce.purchases" and timestamp occurs <= 30 days before now].sum(price) > 100`,
      );
      expect([segment.evaluation.method, previousEvaluation.method]).toEqual(['STREAMING', 'EDGE']);
      expect(segment.evaluation.reasons.join(' ')).toMatch(/event/i);
    });
  });
});
