import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AttuneUnderTest, KEYS, toAttuneUnderTest } from '../support/every-mode';
import { openMode, type Running } from '../support/modes';
import { event, identityMap } from '../support/shop';

const HOUR_MS = 3_600_000;
const ecid = (number: number): string => String(number).padStart(38, '0');
const INGEST = 'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted } }';
const LINK = `mutation ($links: [DeviceLinkInput!]!) {
  importDeviceGraph(input: { id: "homes", name: "Homes", provider: "acme" }, links: $links) { accepted rejected } }`;

describe('segments of people whom a device graph joins', () => {
  let running: Running | undefined;
  const attune: AttuneUnderTest = toAttuneUnderTest('embedded', () => {
    if (!running) throw new Error('It does not run.');
    return running;
  });
  let last = 0;
  /** Two browsers that nobody has seen yet. */
  const two = (): readonly [string, string] => [ecid(++last), ecid(++last)];
  beforeAll(async () => {
    running = await openMode('embedded');
    for (const input of [
      '{ id: "twice", name: "Twice", rule: "xEvent.count() >= 2", publish: true }',
      '{ id: "gold", name: "Gold", rule: "tier = \\"gold\\"", publish: true }',
    ])
      await attune.data(`mutation { putSegment(input: ${input}) { segment { id } } }`);
    await attune.data(
      'mutation ($links: [DeviceLinkInput!]!) { importDeviceGraph(input: { id: "homes", name: "Homes", provider: "acme" }, links: $links) { accepted } }',
      { links: [] },
    );
    await attune.data('mutation { putMergePolicy(input: { id: "main", deviceGraph: "homes", default: true }) { id } }');
    await attune.idle();
  });
  afterAll(() => running?.close());

  const see = async (value: string, rest: object = {}): Promise<void> => {
    const events = [event('view', attune.now(), { identityMap: identityMap('ECID', value), ...rest })];
    await attune.data(INGEST, { events }, KEYS.server);
  };
  const link = (from: string, to: string, rest: object = {}) =>
    attune.data(LINK, {
      links: [{ from: { namespace: 'ECID', value: from }, to: { namespace: 'ECID', value: to }, ...rest }],
    });
  const read = async (value: string) =>
    await attune.data(
      `query ($i: IdentityInput!) { profile(identity: $i) { id events { edges { node { id } } } segments(statuses: [REALIZED, EXITED]) {
          segment { id } status cause { kind } } }
          explained: explainMembership(profile: $i, segment: "twice") { member } }`,
      { i: { namespace: 'ECID', value } },
    );
  const standing = async (value: string): Promise<readonly string[]> => {
    const { profile } = await read(value);
    return profile.segments.map(
      // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
      ({ segment, status, cause }: any) => `${status === 'REALIZED' ? '+' : '-'}${segment.id} ${cause.kind}`,
    );
  };
  const announced = async (value: string): Promise<readonly string[]> => {
    await attune.idle();
    const { profile } = await read(value);
    const { segmentQualifications: found } = await attune.data(
      '{ segmentQualifications(first: 500) { edges { node { profileId segmentId status cause { kind } } } } }',
    );
    return (
      found.edges
        // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
        .map(({ node }: any) => node)
        .filter(({ profileId }: { profileId: string }) => profileId === profile.id)
        .map(
          // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
          ({ segmentId, status, cause }: any) => `${status === 'REALIZED' ? '+' : '-'}${segmentId} ${cause.kind}`,
        )
    );
  };

  /** Two who were seen, and whom a link joins. */
  const joined = async (): Promise<readonly [phone: string, tablet: string]> => {
    const [phone, tablet] = two();
    await see(phone);
    await see(tablet);
    await link(phone, tablet);
    return [phone, tablet];
  };

  test('S-19 a link that comes joins them on the very next request, and each is announced', async () => {
    const [phone, tablet] = two();
    await see(phone);
    await see(tablet);
    expect(await standing(phone)).toEqual([]);
    await link(phone, tablet);
    expect([await standing(phone), await standing(tablet)]).toEqual([['+twice IMPORT'], ['+twice IMPORT']]);
    const { profile, explained } = await read(phone);
    expect([profile.events.edges.length, explained.member]).toEqual([2, true]);
    expect([await announced(phone), await announced(tablet)]).toEqual([['+twice IMPORT'], ['+twice IMPORT']]);
  });

  test('S-19 what one does afterwards moves the other too, at once', async () => {
    const [phone, tablet] = two();
    await see(phone);
    await link(phone, tablet);
    await attune.idle();
    await see(tablet);
    expect([await standing(phone), await standing(tablet)]).toEqual([['+twice EVENT'], ['+twice EVENT']]);
    const records = [{ identityMap: identityMap('ECID', tablet), tier: 'gold' }];
    await attune.data(
      'mutation ($records: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $records) { accepted } }',
      { records },
      KEYS.server,
    );
    expect(await standing(phone)).toContain('+gold RECORD');
    expect(await announced(phone)).toEqual(['+twice EVENT', '+gold RECORD']);
  });

  test('S-19 a link that goes parts them at once, one that ends on time, and that is announced once', async () => {
    const [[phone, tablet], [laptop, watch]] = [two(), two()];
    for (const value of [phone, tablet, laptop, watch]) await see(value);
    await link(phone, tablet);
    await link(laptop, watch, { validUntil: new Date(attune.now() + HOUR_MS).toISOString() });
    await attune.idle();
    await link(phone, tablet, { remove: true });
    expect([await standing(phone), await standing(laptop)]).toEqual([['-twice IMPORT'], ['+twice IMPORT']]);
    await attune.moveTo(attune.now() + HOUR_MS - 1);
    expect(await standing(laptop)).toEqual(['+twice IMPORT']);
    await attune.moveTo(attune.now() + 1);
    expect([await standing(laptop), await standing(watch)]).toEqual([['-twice EXPIRY'], ['-twice EXPIRY']]);
    expect(await announced(watch)).toEqual(['+twice IMPORT', '-twice EXPIRY']);
    expect(await announced(tablet)).toEqual(['+twice IMPORT', '-twice IMPORT']);
  });

  test('S-16 S-19 an audience from elsewhere that names one of them has both', async () => {
    const [phone, tablet] = await joined();
    await attune.idle();
    await attune.data(
      `mutation ($members: [ExternalMemberInput!]!) {
        importAudience(input: { id: "panel", name: "Panel", provider: "acme" }, members: $members) { accepted } }`,
      { members: [{ identity: { namespace: 'ECID', value: tablet } }] },
    );
    expect(await standing(phone)).toContain('+panel IMPORT');
    expect(await announced(phone)).toContain('+panel IMPORT');
  });

  test('P-19 S-19 when one of them is deleted, the other is left with what is their own', async () => {
    const [phone, tablet] = await joined();
    await attune.idle();
    await attune.data(
      'mutation ($i: IdentityInput!) { createPrivacyJob(identity: $i, kind: DELETE) { id } }',
      { i: { namespace: 'ECID', value: tablet } },
      KEYS.privacy,
    );
    expect(await announced(phone)).toEqual(['+twice IMPORT', '-twice PRIVACY']);
    expect(await standing(phone)).toEqual(['-twice PRIVACY']);
  });

  test('P-13 S-19 when the default policy follows the graph no more, all stand as they are stored', async () => {
    const [phone] = await joined();
    await attune.data('mutation { putMergePolicy(input: { id: "main", default: true }) { id } }');
    await attune.idle();
    expect(await standing(phone)).toEqual(['-twice RULE']);
    await attune.data('mutation { putMergePolicy(input: { id: "main", deviceGraph: "homes", default: true }) { id } }');
    await attune.idle();
    expect(await standing(phone)).toEqual(['+twice RULE']);
  });

  test('P-13 S-19 also when the graph is deleted before everybody was seen anew', async () => {
    const [phone, tablet] = await joined();
    await attune.idle();
    await attune.data(
      'mutation { putMergePolicy(input: { id: "main", default: true }) { id } deleteDeviceGraph(id: "homes") { id } }',
    );
    await attune.idle();
    expect([await standing(phone), await announced(tablet)]).toEqual([
      ['-twice RULE'],
      ['+twice IMPORT', '-twice RULE'],
    ]);
  });
});
