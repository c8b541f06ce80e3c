import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openReceiver, type Receiver } from '../../support/receiver';
import { type DestinationsFixture, NOW_MS, openDestinations, putSegment } from './destinations-fixture';

let outside: Receiver;
let fixture: DestinationsFixture;
const SECRET = 'a secret of the webhook';
const HASHED = '478abec7430569163161dfea8513b8ce89d05f559456a26e945c66e1fe55a29d';

beforeEach(async () => {
  outside = await openReceiver();
  fixture = await openDestinations();
  putSegment(fixture.world, 'buyers');
  putSegment(fixture.world, 'others');
});
afterEach(async () => {
  await fixture.close();
  await outside.close();
});

const put = (rest: object = {}) =>
  fixture.putDestination({ id: 'hook', settings: { url: outside.url, secret: SECRET }, ...rest });
const activate = (segment = 'buyers') =>
  fixture.get('mutation ($s: ID!) { activateSegment(destination: "hook", segment: $s) { activation { since } } }', {
    s: segment,
  });
const deactivate = (sendExits = true) =>
  fixture.get(
    'mutation ($e: Boolean) { deactivateActivation(destination: "hook", segment: "buyers", sendExits: $e) { destination { id } } }',
    { e: sendExits },
  );
const statuses = () => outside.received.map(({ message }) => message.segmentMembership.ups['buyers']?.status);

describe('the message', () => {
  test('A-4 holds the person, the membership and the identity, hashed by A-3', async () => {
    fixture.world.put('p1', { person: { name: 'Ann' }, loyalty: { tier: 'gold' } }, { Email: [' A@X.com '] });
    await put({
      mapping: [
        { to: 'contact.firstName', from: 'person.name' },
        { to: 'isGold', from: 'loyalty.tier = "gold"' },
        { to: 'phone', from: 'person.phone' },
      ],
    });
    await activate();
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    expect(outside.received.map(({ message }) => message)).toEqual([
      {
        contact: { firstName: 'Ann' },
        isGold: true,
        segmentMembership: {
          ups: { buyers: { status: 'realized', lastQualificationTime: new Date(NOW_MS).toISOString() } },
        },
        identityMap: { Email: [{ id: HASHED }] },
      },
    ]);
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'EXITED' });
    await fixture.idle();
    expect(statuses()).toEqual(['realized', 'exited']);
  });

  test('A-6 is signed over time and body, and carries an idempotency key and further headers', async () => {
    fixture.world.put('p1', {}, { Email: ['a@x.com'] });
    await put({ settings: { url: outside.url, secret: SECRET, headers: { Authorization: 'Bearer x' } } });
    await activate();
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    const { headers, body } = outside.received[0] ?? { headers: {}, body: '' };
    const seconds = NOW_MS / 1000;
    const digest = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
    const [delivery] = await fixture.deliveries('hook', 'SENT');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'attune-signature': `t=${seconds},v1=${digest}`,
      'idempotency-key': delivery?.id,
      authorization: 'Bearer x',
    });
  });

  test('A-1 the first identity of preference that a person has is used: the newest, or all', async () => {
    fixture.world.put('p1', {}, { ECID: ['1'], Phone: ['+1', '+2'] });
    await put({ identities: [{ namespace: 'Email' }, { namespace: 'Phone', values: 'ALL' }, { namespace: 'ECID' }] });
    await activate();
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'REALIZED' });
    fixture.world.put('p2', {}, { ECID: ['1', '2'] });
    await fixture.move({ profile: 'p2', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    const maps = outside.received.map(({ message }) => JSON.stringify(message.identityMap)).sort();
    expect(maps).toEqual(['{"ECID":[{"id":"2"}]}', '{"Phone":[{"id":"+2"},{"id":"+1"}]}']);
  });

  test('A-1 who lacks what is needed is skipped, with the reason in the ledger: scenario 5', async () => {
    fixture.world.put('by-email', { name: 'E' }, { Email: ['e@x.com'] });
    fixture.world.put('by-phone', { name: 'P' }, { Phone: ['+49'] });
    fixture.world.put('neither', { name: 'N' }, { ECID: ['1'] });
    fixture.world.put('nameless', {}, { Email: ['n@x.com'] });
    await put({
      identities: [{ namespace: 'Email' }, { namespace: 'Phone' }],
      mapping: [{ to: 'name', from: 'name', required: true }],
    });
    await activate();
    const ids = ['by-email', 'by-phone', 'neither', 'nameless'];
    await fixture.move(...ids.map((profile) => ({ profile, segment: 'buyers', status: 'REALIZED' as const })));
    await fixture.idle();
    expect(await fixture.ledger('hook', 'buyers')).toEqual([
      {
        segment: { id: 'buyers' },
        received: 4,
        sent: 2,
        skipped: 2,
        failed: 0,
        pending: 0,
        reasons: { 'missing identity': 1, 'missing field name': 1 },
      },
    ]);
    await fixture.move({ profile: 'neither', segment: 'buyers', status: 'EXITED' });
    await fixture.idle();
    expect(outside.received).toHaveLength(2);
  });
});

describe('what is sent', () => {
  test('A-4 activating backfills those already in, page by page, and tells nobody twice', async () => {
    await fixture.close();
    fixture = await openDestinations({ pageSize: 7 });
    const ids = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`);
    for (const id of ids) fixture.world.put(id, {}, { Email: [`${id}@x.com`] });
    putSegment(fixture.world, 'buyers', ids);
    await put();
    await activate();
    await activate();
    await fixture.move({ profile: 'p05', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    expect(outside.received).toHaveLength(30);
    expect(new Set(statuses())).toEqual(new Set(['realized']));
    const { destination } = await fixture.get<{ destination: object }>(
      '{ destination(id: "hook") { health enabled activations { segment { id } since backfill { done } } } }',
    );
    expect(destination).toEqual({
      health: 'HEALTHY',
      enabled: true,
      activations: [{ segment: { id: 'buyers' }, since: new Date(NOW_MS).toISOString(), backfill: null }],
    });
  });

  test('what is delivered twice by the log is sent once; segments that are not activated are not sent', async () => {
    fixture.world.put('p1', {}, { Email: ['a@x.com'] });
    await put();
    await activate();
    const entries = await fixture.move(
      { profile: 'p1', segment: 'others', status: 'REALIZED' },
      { profile: 'p1', segment: 'buyers', status: 'REALIZED' },
      { profile: 'p1', segment: 'buyers', status: 'EXITED' },
    );
    await fixture.subgraph.reactions.MembershipChanged(entries);
    await fixture.subgraph.reactions.MembershipChanged(entries.slice(1));
    await fixture.idle();
    expect(statuses()).toEqual(['realized', 'exited']);
  });

  test('A-4 taking a segment off sends an exit to who is in it, once; activating again tells of them again', async () => {
    for (const id of ['p1', 'p2', 'p3']) fixture.world.put(id, {}, { Email: [`${id}@x.com`] });
    await put();
    await activate();
    await fixture.move(
      { profile: 'p1', segment: 'buyers', status: 'REALIZED' },
      { profile: 'p2', segment: 'buyers', status: 'REALIZED' },
      { profile: 'p2', segment: 'buyers', status: 'EXITED' },
    );
    await fixture.idle();
    outside.received.length = 0;
    await deactivate();
    await fixture.move({ profile: 'p3', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    expect(statuses()).toEqual(['exited']);
    await activate();
    await fixture.idle();
    expect(statuses().sort()).toEqual(['exited', 'realized', 'realized']);
    await deactivate(false);
    await fixture.idle();
    expect(statuses()).toHaveLength(3);
  });

  test('A-4 an exit goes to the identity that was told of the entry, also when the person is no more', async () => {
    fixture.world.put('p1', {}, { Email: ['a@x.com'] });
    fixture.world.put('p2', {}, { Email: ['b@x.com'] });
    await put({ identities: [{ namespace: 'Email' }] });
    await activate();
    await fixture.move(
      { profile: 'p1', segment: 'buyers', status: 'REALIZED' },
      { profile: 'p2', segment: 'buyers', status: 'REALIZED' },
    );
    await fixture.idle();
    fixture.world.put('p1', {}, { Email: ['new@x.com'] });
    fixture.world.people.delete('p2');
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'EXITED' });
    await fixture.move({ profile: 'p2', segment: 'buyers', status: 'EXITED' });
    await fixture.idle();
    const exits = outside.received.slice(2).map(({ message }) => message.identityMap['Email']?.[0]?.id);
    expect(exits.sort()).toEqual(['a@x.com', 'b@x.com']);
  });

  test.each([
    ['the exit', 'first'],
    ['the entry', 'second'],
  ])('S-11 a merge that changes nothing for an identity sends nothing, %s told of first', async (_, order) => {
    fixture.world.put('old', {}, { Email: ['a@x.com'] });
    await put({ identities: [{ namespace: 'Email' }] });
    await activate();
    await fixture.move({ profile: 'old', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    fixture.world.put('new', {}, { Email: ['a@x.com'], CRMID: ['C'] });
    fixture.world.mergedInto.set('old', 'new');
    putSegment(fixture.world, 'buyers', ['new']);
    const cause = { kind: 'MERGE' as const };
    const exit = { profile: 'old', segment: 'buyers', status: 'EXITED' as const, cause };
    const entry = { profile: 'new', segment: 'buyers', status: 'REALIZED' as const, cause };
    for (const change of order === 'first' ? [exit, entry] : [entry, exit]) await fixture.move(change);
    await fixture.idle();
    expect(statuses()).toEqual(['realized']);
    await fixture.move({ profile: 'new', segment: 'buyers', status: 'EXITED' });
    await fixture.idle();
    expect(statuses()).toEqual(['realized', 'exited']);
  });

  test('what is told of a person is on their profile', async () => {
    fixture.world.put('p1', {}, { Email: ['a@x.com'] });
    await put();
    await activate();
    await fixture.move({ profile: 'p1', segment: 'buyers', status: 'REALIZED' });
    await fixture.idle();
    const data = await fixture.get(
      `query ($who: [_Any!]!) { _entities(representations: $who) { ... on Profile {
        activations { destination { id } segment { id } status sentAt } } } }`,
      { who: [{ __typename: 'Profile', id: 'p1', revision: 1 }] },
    );
    const sentAt = new Date(NOW_MS).toISOString();
    expect(data).toEqual({
      _entities: [
        { activations: [{ destination: { id: 'hook' }, segment: { id: 'buyers' }, status: 'REALIZED', sentAt }] },
      ],
    });
  });
});
