import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openReceiver, type Receiver } from '../../support/receiver';
import { type DestinationsFixture, openDestinations, putSegment } from './destinations-fixture';

let outside: Receiver;
let fixture: DestinationsFixture;

beforeEach(async () => {
  outside = await openReceiver();
  fixture = await openDestinations();
  putSegment(fixture.world, 'buyers');
  for (let index = 0; index < 40; index += 1) {
    const id = `p${String(index).padStart(2, '0')}`;
    fixture.world.put(id, {}, { Email: [`${id}@x.com`] });
  }
});
afterEach(async () => {
  await fixture.close();
  await outside.close();
});

const put = async (settings: object = {}, id = 'hook') => {
  await fixture.putDestination({
    id,
    identities: [{ namespace: 'Email' }],
    settings: { url: outside.url, secret: 's', ...settings },
  });
  await fixture.get(`mutation { activateSegment(destination: "${id}", segment: "buyers") { destination { id } } }`);
};
const enter = (...profiles: string[]) =>
  fixture.move(...profiles.map((profile) => ({ profile, segment: 'buyers', status: 'REALIZED' as const })));
const leave = (...profiles: string[]) =>
  fixture.move(...profiles.map((profile) => ({ profile, segment: 'buyers', status: 'EXITED' as const })));
const health = async () =>
  (await fixture.get<{ destination: { health: string } }>('{ destination(id: "hook") { health } }')).destination.health;
const replay = (ids?: readonly string[]) =>
  fixture.get<{ replayDeadLetters: { replayed: number; skipped: number } }>(
    'mutation ($ids: [ID!]) { replayDeadLetters(destination: "hook", ids: $ids) { replayed skipped } }',
    { ids },
  );
const statuses = () => outside.received.map(({ message }) => message.segmentMembership.ups['buyers']?.status);

describe('retries', () => {
  test('A-6 a failing message is tried again later with the same key and body, then it is through', async () => {
    let left = 2;
    outside.answer = () => {
      left -= 1;
      return left >= 0 ? 500 : 200;
    };
    await put();
    await enter('p00');
    await fixture.idle();
    expect(outside.received).toHaveLength(1);
    expect(await health()).toBe('RETRYING');
    expect(await fixture.deliveries('hook')).toMatchObject([{ status: 'PENDING', attempts: 1, reason: 'HTTP 500' }]);
    // 0.5 s, half of it fixed and half by chance: here 0.375 s; then twice that.
    fixture.clock.advance(374);
    await fixture.idle();
    expect(outside.received).toHaveLength(1);
    fixture.clock.advance(1);
    await fixture.idle();
    expect(outside.received).toHaveLength(2);
    fixture.clock.advance(750);
    await fixture.idle();
    expect(new Set(outside.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(outside.received.map(({ body }) => body)).size).toBe(1);
    expect(await fixture.deliveries('hook')).toMatchObject([{ status: 'SENT', attempts: 3, reason: null }]);
    expect(await health()).toBe('HEALTHY');
  });

  test('A-6 a retry waits as long as the receiver asks for', async () => {
    outside.answer = () => ({ status: 429, headers: { 'retry-after': '7' } });
    await put();
    await enter('p00');
    await fixture.idle();
    fixture.clock.advance(6_999);
    await fixture.idle();
    expect(outside.received).toHaveLength(1);
    fixture.clock.advance(1);
    await fixture.idle();
    expect(outside.received).toHaveLength(2);
  });

  test('A-6 what is refused is a dead letter at once, and holds nobody up', async () => {
    outside.answer = ({ message }) => (message.identityMap['Email']?.[0]?.id.startsWith('p00') ? 404 : 200);
    await put();
    await enter('p00', 'p01');
    await fixture.idle();
    expect(await fixture.deliveries('hook', 'FAILED')).toMatchObject([{ attempts: 1, reason: 'HTTP 404' }]);
    expect(await fixture.deliveries('hook', 'SENT')).toHaveLength(1);
    expect(await health()).toBe('HEALTHY');
  });

  test('A-6 an answer that never comes times out after two seconds', async () => {
    outside.answer = () => 'hang';
    await put({ maxAttempts: 1 });
    await enter('p00');
    await outside.arrived(1);
    fixture.clock.advance(1_999);
    expect(await fixture.ledger('hook')).toMatchObject([{ pending: 1 }]);
    fixture.clock.advance(1);
    await fixture.idle();
    expect(await fixture.deliveries('hook')).toMatchObject([{ status: 'FAILED', reason: 'timed out' }]);
  });

  test('A-6 nobody listening is a failure of the connection', async () => {
    await put({ url: 'http://127.0.0.1:1/', maxAttempts: 1 });
    await enter('p00');
    await fixture.idle();
    expect(await fixture.deliveries('hook')).toMatchObject([{ status: 'FAILED', reason: 'connection failed' }]);
  });

  test('a redirect is not followed', async () => {
    outside.answer = () => ({ status: 302, headers: { location: outside.url } });
    await put({ maxAttempts: 1 });
    await enter('p00');
    await fixture.idle();
    expect(outside.received).toHaveLength(1);
    expect(await fixture.deliveries('hook')).toMatchObject([{ status: 'FAILED', reason: 'HTTP 302' }]);
  });
});

describe('the breaker', () => {
  test('A-6 it opens after ten failures in a row, tries one at a time after its time, and closes with the first success', async () => {
    outside.answer = () => 500;
    await put({ maxAttempts: 50 });
    await enter(...Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`));
    await fixture.idle();
    const sent = outside.received.length;
    expect(sent).toBeLessThan(30);
    expect(await health()).toBe('OPEN_CIRCUIT');
    fixture.clock.advance(4_999);
    await fixture.idle();
    expect(outside.received).toHaveLength(sent);
    fixture.clock.advance(1);
    await fixture.idle();
    expect(outside.received).toHaveLength(sent + 1);
    fixture.clock.advance(9_999);
    await fixture.idle();
    expect(outside.received).toHaveLength(sent + 1);
    outside.answer = () => 200;
    await fixture.drain('hook');
    expect(await health()).toBe('HEALTHY');
    expect(await fixture.ledger('hook')).toMatchObject([{ received: 30, sent: 30, failed: 0, pending: 0 }]);
  });

  test('A-6 a dead destination slows no other', async () => {
    const other = await openReceiver();
    outside.answer = () => 'hang';
    await put();
    await put({ url: other.url }, 'alive');
    await enter(...Array.from({ length: 40 }, (_, index) => `p${String(index).padStart(2, '0')}`));
    await other.arrived(40);
    expect(await fixture.ledger('hook')).toMatchObject([{ pending: 40 }]);
    await other.close();
  });

  test('what is for a destination that is switched off waits until it is on again', async () => {
    await put();
    await fixture.putDestination({ id: 'hook', enabled: false, settings: { url: outside.url, secret: 's' } });
    await enter('p00');
    await fixture.idle();
    expect(await health()).toBe('DISABLED');
    expect(await fixture.ledger('hook')).toMatchObject([{ received: 1, pending: 1 }]);
    await fixture.putDestination({ id: 'hook', settings: { url: outside.url, secret: 's' } });
    await fixture.idle();
    expect(await fixture.ledger('hook')).toMatchObject([{ sent: 1, pending: 0 }]);
  });
});

describe('dead letters', () => {
  test('A-6 a replay sends what is so then: nobody is added again after an exit', async () => {
    outside.answer = () => 400;
    await put();
    await enter('p00', 'p01', 'p02');
    await fixture.idle();
    outside.answer = () => 200;
    await leave('p01');
    await fixture.idle();
    expect(await fixture.ledger('hook')).toMatchObject([
      { received: 4, sent: 1, failed: 3, reasons: { 'HTTP 400': 3 } },
    ]);
    outside.received.length = 0;
    fixture.world.members.get('buyers')?.delete('p02');
    expect(await replay()).toEqual({ replayDeadLetters: { replayed: 2, skipped: 1 } });
    await fixture.idle();
    const told = outside.received.map(({ message }) => [
      message.identityMap['Email']?.[0]?.id,
      message.segmentMembership.ups['buyers']?.status,
    ]);
    expect(told.sort()).toEqual([
      ['p00@x.com', 'realized'],
      ['p02@x.com', 'exited'],
    ]);
    expect(await fixture.ledger('hook')).toMatchObject([
      { received: 4, sent: 3, skipped: 1, failed: 0, pending: 0, reasons: { superseded: 1 } },
    ]);
    await leave('p02');
    await fixture.idle();
    expect(outside.received).toHaveLength(2);
  });

  test('A-6 a replay can be of some, has a key of its own, and can fail again', async () => {
    outside.answer = () => 400;
    await put();
    await enter('p00', 'p01');
    await fixture.idle();
    const [first] = await fixture.deliveries('hook', 'FAILED');
    expect(await replay([first?.id ?? '', 'no such id'])).toEqual({ replayDeadLetters: { replayed: 1, skipped: 0 } });
    await fixture.idle();
    expect(outside.received.at(-1)?.headers['idempotency-key']).toBe(`${first?.id}.1`);
    expect(await fixture.ledger('hook')).toMatchObject([{ received: 2, failed: 2, pending: 0 }]);
  });
});

describe('after a crash', () => {
  test('R-2 what waits is sent after a restart; what was sent but not marked comes again with the same key', async () => {
    await put();
    outside.answer = () => 'hang';
    await enter('p00');
    await leave('p00');
    await outside.arrived(1);
    outside.answer = () => 200;
    fixture = await fixture.reopen();
    await fixture.idle();
    expect(statuses()).toEqual(['realized', 'realized', 'exited']);
    const keys = outside.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(keys[1]);
    expect(await fixture.ledger('hook')).toMatchObject([{ received: 2, sent: 2, pending: 0 }]);
  });

  test('R-2 a backfill goes on where it stood', async () => {
    await fixture.close();
    fixture = await openDestinations({ pageSize: 2 });
    const ids = ['p00', 'p01', 'p02', 'p03', 'p04'];
    for (const id of ids) fixture.world.put(id, {}, { Email: [`${id}@x.com`] });
    putSegment(fixture.world, 'buyers', ids);
    const { members } = fixture.world.segments;
    let pages = 0;
    Object.assign(fixture.world.segments, {
      members: async (...args: Parameters<typeof members>) => {
        pages += 1;
        if (pages === 4) throw new Error('segments are down');
        return members(...args);
      },
    });
    await put();
    await fixture.idle();
    expect(outside.received).toHaveLength(4);
    const progress = await fixture.get<{ destination: { activations: object[] } }>(
      '{ destination(id: "hook") { activations { backfill { done total finishedAt } } } }',
    );
    expect(progress.destination.activations).toEqual([{ backfill: { done: 4, total: 5, finishedAt: null } }]);
    fixture = await fixture.reopen();
    await fixture.idle();
    expect(outside.received).toHaveLength(5);
  });
});
