import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { openReceiver, type Receiver } from '../support/receiver';
import { event, identityMap, openShop, publish, put } from '../support/shop';

const HOUR_MS = 3_600_000;
const AUDIENCE = 'third-party-runners';
const INPUT = { id: AUDIENCE, name: 'Runners', provider: 'acme', labels: ['no-cross-site-targeting'] };
const IMPORT = `mutation ($input: ExternalAudienceInput!, $members: [ExternalMemberInput!]!) {
  importAudience(input: $input, members: $members) {
    accepted rejected matched refused { value code } audience { labels status }
  }
}`;
const PERSON = `segments { segment { id } validUntil cause { kind } }
  decisions(placements: [{ placement: "home-hero" }]) { offer { id } reason }`;
const LOG = `{ segmentQualifications(first: 1000, segments: ["${AUDIENCE}"]) {
  edges { node { status at cause { kind } } }
} }`;

interface Person {
  readonly segments: readonly { readonly segment: { readonly id: string }; readonly validUntil: string | null }[];
  readonly decisions: readonly { readonly offer: { readonly id: string } }[];
}

// Its activation to an ad platform being blocked by the label belongs to governance.
describeEveryMode('Scenario 4, a third-party audience, but for what labels block', (attune) => {
  let receiver: Receiver;
  let untilMs: number;
  beforeAll(async () => {
    receiver = await openReceiver();
    untilMs = attune.now() + 2 * HOUR_MS;
    await openShop(attune);
    await attune.data(IMPORT, { input: INPUT, members: [] }, KEYS.server);
    await openPartnerOffer(attune);
    await ingestRecord(attune, 'Ann@Example.test');
    await attune.data('mutation ($input: DestinationInput!) { putDestination(input: $input) { id } }', {
      input: {
        id: 'partner',
        name: 'Partner',
        connector: 'http-streaming',
        settings: { url: receiver.url, secret: 'the secret of the partner' },
        identities: [{ namespace: 'Email_LC_SHA256' }],
      },
    });
    await attune.idle();
  }, 60_000);
  afterAll(() => receiver.close());

  const personOf = async (email: string): Promise<Person> =>
    (
      await attune.data(
        `query ($identity: IdentityInput!) { profile(identity: $identity) { ${PERSON} } }`,
        { identity: { namespace: 'Email', value: email } },
        KEYS.server,
      )
    ).profile;

  test('S-16 imported by hashed e-mail it counts on the next request: in rules, decisions and activation', async () => {
    const validUntil = new Date(untilMs).toISOString();
    const { importAudience } = await attune.data(
      IMPORT,
      {
        input: INPUT,
        members: [
          { identity: hashed('ann@example.test'), validUntil },
          { identity: hashed('bob@example.test'), validUntil },
          { identity: { namespace: 'Email_LC_SHA256', value: ' ' } },
          { identity: { namespace: 'Nowhere', value: 'x' } },
        ],
      },
      KEYS.server,
    );
    expect(importAudience).toMatchObject({ accepted: 2, rejected: 2, matched: 1 });
    expect(importAudience.refused.map(({ code }: { code: string }) => code)).toEqual([
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
    ]);
    expect(importAudience.audience).toEqual({ labels: ['no-cross-site-targeting'], status: 'PUBLISHED' });

    const ann = await personOf('Ann@Example.test');
    expect(ann.segments).toEqual(
      expect.arrayContaining([
        { segment: { id: AUDIENCE }, validUntil, cause: { kind: 'IMPORT' } },
        { segment: { id: 'gold-runners' }, validUntil, cause: { kind: 'IMPORT' } },
      ]),
    );
    expect(ann.decisions).toEqual([{ offer: { id: 'O-PARTNER' }, reason: 'TARGETING_MATCH' }]);

    await attune.data(
      `mutation { activateSegment(destination: "partner", segment: "${AUDIENCE}") { destination { id } } }`,
    );
    await receiver.arrived(1);
    expect(statusesOf(receiver)).toEqual(['realized']);
    expect(receiver.received[0]?.message.identityMap.Email_LC_SHA256).toEqual([
      { id: hashed('ann@example.test').value },
    ]);
  });

  test('S-16 who was not seen yet is in it on the request that brings them', async () => {
    const { collect } = await attune.data(
      `mutation ($input: CollectInput!) { collect(input: $input) { profile { ${PERSON} } } }`,
      {
        input: {
          identityMap: identityMap('Email', 'Bob@Example.test'),
          events: [event('web.pageView', attune.now())],
        },
      },
      KEYS.server,
    );
    expect(segmentsOf(collect.profile)).toContain(AUDIENCE);
    expect(collect.profile.decisions).toEqual([{ offer: { id: 'O-PARTNER' }, reason: 'TARGETING_MATCH' }]);
    await receiver.arrived(2);
    await attune.idle();
    expect(statusesOf(receiver)).toEqual(['realized', 'realized']);
  });

  test('S-16 at validUntil it exits by itself, once and on time, and the exit is streamed', async () => {
    await attune.moveTo(untilMs - 1);
    expect(segmentsOf(await personOf('Ann@Example.test'))).toContain(AUDIENCE);
    await attune.moveTo(untilMs);
    const ann = await personOf('Ann@Example.test');
    expect(segmentsOf(ann)).toEqual(['gold']);
    expect(ann.decisions[0]?.offer.id).toBe('O-GOLD');
    await receiver.arrived(4);
    await attune.moveTo(untilMs + HOUR_MS);
    expect(statusesOf(receiver)).toEqual(['realized', 'realized', 'exited', 'exited']);
    const { edges } = (await attune.data(LOG, {}, KEYS.server)).segmentQualifications;
    const exits = edges.filter(({ node }: { node: { status: string } }) => node.status === 'EXITED');
    expect(exits).toHaveLength(2);
    for (const { node } of exits)
      expect(node).toMatchObject({ at: new Date(untilMs).toISOString(), cause: { kind: 'EXPIRY' } });
  });

  test('S-17 the 76th shared audience of a source is refused in words, and freeing one makes room', async () => {
    const ids = Array.from({ length: 76 }, (_, index) => `shared-${index + 1}`);
    await together(
      attune,
      ids,
      (id) => `putSegment(input: { id: "${id}", name: "${id}", rule: "a = 1" }) { __typename }`,
    );
    await together(attune, ids.slice(0, 75), (id) => `${share(id)} { shared }`);
    const { errors } = await attune.ask(`mutation { ${share('shared-76')} { shared } }`, {}, KEYS.server);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', quota: 75, shared: 75 });
    expect(errors?.[0]?.message).toMatch(/shares 75 audiences already.*quota is 75.*unshare one/);
    const answer = await attune.data(
      `mutation { unshareAudience(source: "analytics", segment: "shared-9") { shared } ${share('shared-76')} { shared quota } }`,
      {},
      KEYS.server,
    );
    expect(answer).toEqual({ unshareAudience: { shared: 74 }, shareAudience: { shared: 75, quota: 75 } });
  });
});

function hashed(email: string): { readonly namespace: string; readonly value: string } {
  return { namespace: 'Email_LC_SHA256', value: createHash('sha256').update(email).digest('hex') };
}

function share(segment: string): string {
  return `shareAudience(source: "analytics", segment: "${segment}")`;
}

function segmentsOf({ segments }: Person): readonly string[] {
  return segments.map(({ segment }) => segment.id).sort();
}

function statusesOf({ received }: Receiver): readonly (string | undefined)[] {
  return received.map(({ message }) => message.segmentMembership.ups[AUDIENCE]?.status);
}

/** Does the same for each id, some at once. */
async function together(attune: AttuneUnderTest, ids: readonly string[], field: (id: string) => string): Promise<void> {
  for (let at = 0; at < ids.length; at += 25) {
    const fields = ids.slice(at, at + 25).map((id, index) => `f${index}: ${field(id)}`);
    await attune.data(`mutation { ${fields.join(' ')} }`);
  }
}

async function openPartnerOffer(attune: AttuneUnderTest): Promise<void> {
  await publish(attune, 'gold-runners', `inSegment("${AUDIENCE}") and loyalty.tier = "gold"`);
  await put(attune, 'Offer', {
    id: 'O-PARTNER',
    name: 'Partner',
    priority: 90,
    eligibility: { allOf: [AUDIENCE] },
    representations: [{ placement: 'home-hero', content: 'Run with us' }],
    status: 'APPROVED',
    tags: ['home'],
  });
}

async function ingestRecord(attune: AttuneUnderTest, email: string): Promise<void> {
  const records = [{ identityMap: identityMap('Email', email), loyalty: { tier: 'gold' } }];
  const query = 'mutation ($records: [JSONObject!]!) { ingestRecords(dataset: "crm", records: $records) { accepted } }';
  await attune.data(query, { records }, KEYS.server);
}
