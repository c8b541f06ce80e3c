import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parsePqlJson } from '../../platform/pql/json';
import { parsePql } from '../../platform/pql/parse';
import { printPql } from '../../platform/pql/print';
import { describeEveryMode, KEYS } from '../support/every-mode';
import { event, identityMap, openShop, put } from '../support/shop';

const PUT = `mutation ($input: SegmentInput!) {
  putSegment(input: $input) {
    segment { id version status rule ruleTree evaluation { method reasons } usedBy }
    previousEvaluation { method }
    warnings { message line column suggestion }
  }
}`;

interface PublishedRule {
  readonly rule: string;
  readonly method: string;
  readonly attributes: object;
  readonly events: readonly (object & { readonly timestamp: string })[];
  readonly member: boolean;
}

const published: { readonly at: string; readonly rules: readonly PublishedRule[] } = JSON.parse(
  readFileSync(join(__dirname, '../spec/published-rules.json'), 'utf8'),
);

describeEveryMode('Segments and decisions', (attune) => {
  const putSegment = async (input: object) => (await attune.data(PUT, { input })).putSegment;

  test('S-4a a segment with a policy of its own is evaluated on that view, and its policy is not deleted', async () => {
    await attune.data(`mutation {
      putDataset(input: { id: "panel", kind: RECORDS }) { id }
      putMergePolicy(input: { id: "panel-first", attributes: DATASET_PRECEDENCE, datasetPrecedence: ["panel"] }) { id }
    }`);
    const records = (value: string) => [{ identityMap: identityMap('CRMID', 'C-7'), age: value }];
    const ingest = `mutation ($records: [JSONObject!]!, $dataset: ID!) {
      ingestRecords(dataset: $dataset, records: $records) { accepted } }`;
    await attune.data(ingest, { dataset: 'panel', records: records('young') }, KEYS.server);
    await attune.data(ingest, { dataset: 'crm', records: records('old') }, KEYS.server);
    const input = { id: 'young', name: 'Young', rule: 'age = "young"', publish: true, mergePolicy: 'panel-first' };
    expect((await putSegment(input)).segment.evaluation.method).toBe('BATCH');
    await attune.data('mutation { evaluateSegments(ids: ["young"]) { id } }');
    await attune.idle();
    const { profile, explained } = await attune.data(
      `query ($i: IdentityInput!) { profile(identity: $i) { segments { segment { id } } }
        explained: explainMembership(profile: $i, segment: "young") { member } }`,
      { i: { namespace: 'CRMID', value: 'C-7' } },
    );
    expect([profile.segments, explained.member]).toEqual([[{ segment: { id: 'young' } }], true]);
    const { errors } = await attune.ask('mutation { deleteMergePolicy(id: "panel-first") { id } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', usedBy: ['segment:young'] });
    await attune.data('mutation { deleteSegment(id: "young") { id } deleteMergePolicy(id: "panel-first") { id } }');
  });

  test('the shop is open, and somebody is gold', async () => {
    await openShop(attune);
    const records = [{ identityMap: identityMap('CRMID', 'C-100'), loyalty: { tier: 'gold' } }];
    await attune.data(
      'mutation ($records: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $records) { accepted } }',
      { records },
      KEYS.server,
    );
    await attune.idle();
  });

  test('S-1 an unknown field is a warning with the nearest known name; rule and tree are both told', async () => {
    const { segment, warnings } = await putSegment({ id: 'typo', name: 'Typo', rule: 'loyalty.teir = "gold"' });
    expect(warnings).toEqual([expect.objectContaining({ line: 1, column: 1, suggestion: 'loyalty.tier' })]);
    expect(segment).toMatchObject({
      status: 'DRAFT',
      version: 1,
      rule: 'loyalty.teir = "gold"',
      ruleTree: expect.any(Object),
    });
  });

  test('S-4 an edit that changes the method tells what it was, what it is, and why', async () => {
    await putSegment({ id: 'method', name: 'Method', rule: 'xEvent.count() >= 2', publish: true });
    const rule = 'xEvent.topN(timestamp, 3).count() >= 2';
    const { segment, previousEvaluation } = await putSegment({ id: 'method', name: 'Method', rule, publish: true });
    expect(previousEvaluation).toEqual({ method: 'STREAMING' });
    expect(segment.evaluation.method).toBe('BATCH');
    expect(segment.evaluation.reasons.join()).toMatch(/topN/);
  });

  test('S-9 the lifecycle: a draft has no members, a deactivated one lets them go, one in use is not deleted', async () => {
    const members = async () => (await attune.data('{ segment(id: "life") { status counts { realized } } }')).segment;
    await putSegment({ id: 'life', name: 'Life', rule: 'loyalty.tier = "gold"' });
    await attune.idle();
    expect(await members()).toEqual({ status: 'DRAFT', counts: { realized: 0 } });
    await attune.data('mutation { publishSegment(id: "life") { segment { id } } }');
    await attune.idle();
    expect(await members()).toEqual({ status: 'PUBLISHED', counts: { realized: 1 } });
    await attune.data('mutation { deactivateSegment(id: "life") { segment { id } } }');
    await attune.idle();
    expect(await members()).toEqual({ status: 'INACTIVE', counts: { realized: 0 } });
    expect((await attune.data('mutation { deleteSegment(id: "life") { id } }')).deleteSegment).toEqual({ id: 'life' });
    const { errors } = await attune.ask('mutation { deleteSegment(id: "cart-abandoners") { id } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', usedBy: ['offer:O-CART10'] });
  });

  test('S-13 a membership is explained node by node, and so is one that is not', async () => {
    const query = `query ($value: String!) {
      explainMembership(profile: { namespace: "CRMID", value: $value }, segment: "gold") {
        member tree { text value truth evidence children { text value truth } }
      }
    }`;
    const explain = async (value: string) => (await attune.data(query, { value }, KEYS.server)).explainMembership;
    expect(await explain('C-100')).toMatchObject({
      member: true,
      tree: { text: 'loyalty.tier = "gold"', truth: true },
    });
    await attune.data(
      'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }',
      { events: [event('web.pageView', attune.now(), { identityMap: identityMap('CRMID', 'C-200') })] },
      KEYS.server,
    );
    expect(await explain('C-200')).toMatchObject({ member: false, tree: { truth: false } });
  });

  test("S-1 S-4 S-13 rules of a commercial platform's documentation are taken as they stand, and explained", async () => {
    const { at, rules } = published;
    const whose = (index: number) => ({ identityMap: identityMap('CRMID', `C-9${index}`) });
    const records = rules.map(({ attributes }, index) => ({ ...whose(index), ...attributes }));
    const events = rules.flatMap((each, index) =>
      each.events.map((data, n) => ({ _id: `published-${index}-${n}`, ...whose(index), ...data })),
    );
    const ingested = await attune.data(
      `mutation ($records: [JSONObject!]!, $events: [JSONObject!]!) {
        ingestRecords(dataset: "crm", records: $records) { accepted }
        ingestEvents(dataset: "web", events: $events) { accepted } }`,
      { records, events },
      KEYS.server,
    );
    expect(ingested).toEqual({
      ingestRecords: { accepted: records.length },
      ingestEvents: { accepted: events.length },
    });
    for (const [index, { rule, method, member }] of rules.entries()) {
      const { segment } = await putSegment({ id: `published-${index}`, name: 'Published', rule });
      const { explainMembership } = await attune.data(
        `query ($who: IdentityInput!, $rule: String!, $at: DateTime!) {
          explainMembership(profile: $who, rule: $rule, at: $at) { member tree { truth children { text } } } }`,
        { who: { namespace: 'CRMID', value: `C-9${index}` }, rule, at },
        KEYS.server,
      );
      expect([rule, segment.evaluation.method, explainMembership.member]).toEqual([rule, method, member]);
      expect(explainMembership.tree.truth).toBe(member);
      const back = parsePqlJson(segment.ruleTree);
      const text = parsePql(rule);
      expect([rule, back.ok && printPql(back.tree)]).toEqual([rule, text.ok && printPql(text.tree)]);
    }
  });

  test('S-1 what schemas declare is doubted at its place by put, preview and estimate, with nobody there', async () => {
    await attune.data(
      'mutation ($input: DatasetInput!) { putDataset(input: $input) { id } }',
      {
        input: {
          ...{ id: 'declared', kind: 'RECORDS', profileEnabled: true },
          schema: { properties: { shoeSize: { type: 'number' }, shoeColour: { type: 'string' } } },
        },
      },
      KEYS.admin,
    );
    const rule = 'shoeSize = "42"\n  and shoeColor = "red"';
    const expected = [
      { line: 1, column: 1, suggestion: null },
      { line: 2, column: 7, suggestion: 'shoeColour' },
    ];
    const { warnings } = await putSegment({ id: 'doubted', name: 'Doubted', rule });
    expect(warnings).toMatchObject(expected);
    const tried = await attune.data(
      `query ($rule: String!) {
        previewSegment(rule: $rule) { diagnostics { line column suggestion } }
        estimateSegment(rule: $rule) { diagnostics { line column suggestion } } }`,
      { rule },
    );
    expect(tried).toEqual({ previewSegment: { diagnostics: expected }, estimateSegment: { diagnostics: expected } });
  });

  test('S-14 S-3 a rule that is not saved is tried, and a broken one answers with its diagnostics as data', async () => {
    const query = `query ($rule: String!) {
      previewSegment(rule: $rule) { profiles { attributes } diagnostics { line column } }
      estimateSegment(rule: $rule) { size low high confidence diagnostics { message } }
    }`;
    expect(await attune.data(query, { rule: 'loyalty.tier = "gold"' })).toEqual({
      previewSegment: { profiles: [{ attributes: { loyalty: { tier: 'gold' } } }], diagnostics: [] },
      estimateSegment: { size: 1, low: 1, high: 1, confidence: 0.95, diagnostics: [] },
    });
    const broken = await attune.data(query, { rule: 'loyalty.tier = (' });
    expect(broken.previewSegment.diagnostics).toEqual([{ line: 1, column: expect.any(Number) }]);
    expect(broken.estimateSegment.diagnostics).toHaveLength(1);
  });

  test('S-4a a rule that reads the request holds for that request alone', async () => {
    await putSegment({ id: 'mobile', name: 'Mobile', rule: 'context.device = "phone"', publish: true });
    await attune.idle();
    const query = `mutation ($context: JSONObject) {
      collect(input: { identityMap: { ECID: [{ id: "${'9'.repeat(38)}" }] }, events: [], context: $context }) {
        profile { segments(ids: ["mobile"]) { segment { id } } }
      }
    }`;
    const segmentsWith = async (context: object) =>
      (await attune.data(query, { context }, KEYS.public)).collect.profile.segments;
    expect(await segmentsWith({ device: 'phone' })).toEqual([{ segment: { id: 'mobile' } }]);
    expect(await segmentsWith({ device: 'desktop' })).toEqual([]);
  });

  test('D-2 eligibility that reads events is refused, with the advice to use a segment', async () => {
    const input = {
      ...{ id: 'reads-events', name: 'Reads events', representations: [{ placement: 'home-hero', content: 'x' }] },
      eligibility: { rule: 'xEvent.count() > 1' },
    };
    const { errors } = await attune.ask('mutation ($input: OfferInput!) { putOffer(input: $input) { id } }', { input });
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.message).toMatch(/segment/);
  });

  test('D-3 D-13 every candidate is told with what became of it, and tokens have their defaults', async () => {
    const { explainDecision } = await attune.data(
      `{ explainDecision(profile: { namespace: "CRMID", value: "C-200" }, placement: "home-hero") {
        chosen { id } reason candidates { offer { id } outcome score }
      } }`,
      {},
      KEYS.server,
    );
    const outcomes = new Map(
      explainDecision.candidates.map(({ offer, outcome }: { offer: { id: string }; outcome: string }) => [
        offer.id,
        outcome,
      ]),
    );
    expect(explainDecision.chosen).toEqual({ id: 'O-WELCOME' });
    expect(Object.fromEntries(outcomes)).toEqual({
      ...{ 'O-GOLD': 'NOT_ELIGIBLE', 'O-CART10': 'NOT_ELIGIBLE', 'O-SHOES': 'NOT_ELIGIBLE', 'O-WELCOME': 'CHOSEN' },
    });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a content token is written so.
    const content = 'Dear ${profile.loyalty.tier|"member"}';
    await put(attune, 'Offer', {
      ...{ id: 'O-WELCOME', name: 'O-WELCOME', priority: 10, status: 'APPROVED', tags: ['home'] },
      representations: [{ placement: 'home-hero', content }],
    });
    const { profile } = await attune.data(
      '{ profile(identity: { namespace: "CRMID", value: "C-200" }) { decisions(placements: [{ placement: "home-hero" }]) { content } } }',
    );
    expect(profile.decisions).toEqual([{ content: 'Dear member' }]);
  });

  test('a visitor nobody knows is shown what is for everyone, and a missing placement is coded', async () => {
    const query =
      'query ($placement: ID!) { anonymousDecisions(placements: [{ placement: $placement }]) { offer { id } reason } }';
    expect(await attune.data(query, { placement: 'home-hero' }, KEYS.public)).toEqual({
      anonymousDecisions: [{ offer: { id: 'O-WELCOME' }, reason: 'DEFAULT' }],
    });
    const { errors } = await attune.ask(query, { placement: 'nowhere' }, KEYS.public);
    expect(['NOT_FOUND', 'BAD_USER_INPUT']).toContain(errors?.[0]?.extensions?.code);
  });
});
