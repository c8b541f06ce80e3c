import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AttuneUnderTest, KEYS, toAttuneUnderTest } from '../support/every-mode';
import { openMode, type Running } from '../support/modes';
import { event, identityMap } from '../support/shop';

const BROWSER = '7'.repeat(38);
const WHO = { browser: { namespace: 'ECID', value: BROWSER }, person: { namespace: 'CRMID', value: 'C-7' } };
const INGEST = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';

describe('segments where the default policy joins no identities', () => {
  let running: Running | undefined;
  const attune: AttuneUnderTest = toAttuneUnderTest('embedded', () => {
    if (!running) throw new Error('It does not run.');
    return running;
  });
  beforeAll(async () => {
    running = await openMode('embedded');
  });
  afterAll(() => running?.close());

  const see = (eventType: string, who: object): Promise<unknown> =>
    attune.data(INGEST, { events: [event(eventType, attune.now(), { identityMap: who })] }, KEYS.server);
  const standing = async (identity: object) => {
    const { profile, explained } = await attune.data(
      `query ($i: IdentityInput!) { profile(identity: $i) { segments { segment { id } } }
        explained: explainMembership(profile: $i, segment: "twice") { member tree { text } } }`,
      { i: identity },
    );
    return [profile.segments.map((found: { segment: { id: string } }) => found.segment.id), explained.member];
  };

  test('P-13 S-4a who asks by an identity is told the segments of what it knows by itself, and so is the explanation', async () => {
    for (const [id, rule] of Object.entries({
      buyers: 'xEvent[eventType = "purchase"].count() >= 1',
      twice: 'xEvent.count() >= 2',
    }))
      await attune.data('mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }', {
        input: { id, name: id, rule, publish: true },
      });
    await see('purchase', { ...identityMap('ECID', BROWSER) });
    await see('login', { ...identityMap('CRMID', 'C-7'), ...identityMap('ECID', BROWSER) });
    expect([await standing(WHO.browser), await standing(WHO.person)]).toEqual([
      [['buyers', 'twice'], true],
      [['buyers', 'twice'], true],
    ]);
    await attune.data('mutation { putMergePolicy(input: { id: "apart", identityGraph: NONE, default: true }) { id } }');
    await attune.idle();
    expect([await standing(WHO.browser), await standing(WHO.person)]).toEqual([
      [['buyers'], false],
      [[], false],
    ]);
    // What is announced is of the person: an announcement names people, and no identity of theirs.
    const { segmentQualifications } = await attune.data(
      '{ segmentQualifications { edges { node { segmentId status } } } }',
    );
    expect(segmentQualifications.edges.map(({ node }: { node: object }) => node)).toEqual([
      { segmentId: 'buyers', status: 'REALIZED' },
      { segmentId: 'twice', status: 'REALIZED' },
    ]);
  });
});
