import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeEveryMode, KEYS } from '../support/every-mode';
import { ingestAll, putDefinition } from '../support/people';
import { openReceiver, type Receiver } from '../support/receiver';
import { event, identityMap, publish, put } from '../support/shop';

const DAY_MS = 86_400_000;
const SECRET = 'the secret of the webhook';
const LEDGER = `query ($id: ID!) {
  deliveryLedger(destination: $id) { received sent skipped failed pending reasons }
}`;

describeEveryMode('A segment that is sent on', (attune) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await openReceiver();
  });
  afterAll(() => receiver.close());

  test('A-4 activating a segment sends those already in it; an exit is sent once, as an exit; the ledger adds up', async () => {
    await publish(
      attune,
      'open-carts',
      'xEvent[eventType = "commerce.cartAdds"].count() > xEvent[eventType = "commerce.purchases"].count()',
    );
    await ingestAll(attune, 'web', [
      event('commerce.cartAdds', attune.now(), { identityMap: identityMap('CRMID', 'D-1') }),
      event('commerce.cartAdds', attune.now(), { identityMap: identityMap('ECID', '8'.repeat(38)) }),
    ]);
    await attune.idle();
    await attune.data('mutation ($input: DestinationInput!) { putDestination(input: $input) { id } }', {
      input: {
        id: 'webhook',
        name: 'Webhook',
        connector: 'http-streaming',
        settings: { url: receiver.url, secret: SECRET },
        identities: [{ namespace: 'CRMID' }],
      },
    });
    await attune.data(
      'mutation { activateSegment(destination: "webhook", segment: "open-carts") { destination { id } } }',
    );
    await receiver.arrived(1);
    await attune.idle();
    await ingestAll(attune, 'web', [
      event('commerce.purchases', attune.now(), { identityMap: identityMap('CRMID', 'D-1') }),
    ]);
    await receiver.arrived(2);
    await attune.idle();

    expect(receiver.received.map(({ message }) => message.segmentMembership.ups['open-carts']?.status)).toEqual([
      'realized',
      'exited',
    ]);
    for (const { message } of receiver.received) expect(message.identityMap.CRMID).toEqual([{ id: 'D-1' }]);
    const { deliveryLedger } = await attune.data(LEDGER, { id: 'webhook' });
    const [row] = deliveryLedger;
    expect(row).toMatchObject({ received: 3, sent: 2, skipped: 1, failed: 0, pending: 0 });
    expect(Object.values(row.reasons)).toEqual([1]);
  });

  test('A-6 messages are signed over time and body, and carry an idempotency key', () => {
    const keys = new Set<unknown>();
    for (const { headers, body } of receiver.received) {
      const signature = String(headers['attune-signature']);
      const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
      expect(digest).toBe(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'));
      keys.add(headers['idempotency-key']);
    }
    expect(keys.size).toBe(receiver.received.length);
  });

  test('S-9 a segment that a destination uses is not deleted, and the refusal lists the users', async () => {
    const { errors } = await attune.ask('mutation { deleteSegment(id: "open-carts") { id } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', usedBy: ['destination:webhook'] });
  });

  test('P-15 computed attributes rank offers and are sent on, and fade while the clock moves', async () => {
    await putDefinition(attune, 'ComputedAttribute', {
      ...{ id: 'liking', function: 'AFFINITY', value: 'topic', halfLife: 'P1D' },
      filter: 'eventType = "topic.seen"',
    });
    await put(attune, 'Placement', { id: 'aside', name: 'Aside', contentType: 'TEXT' });
    const representations = [{ placement: 'aside', content: 'x' }];
    const offers = { 'O-FADING': { fixed: 0, factor: 1 }, 'O-FIXED': { fixed: 3, factor: 0 } };
    for (const [id, characteristics] of Object.entries(offers)) {
      const rest = { name: id, priority: 1, status: 'APPROVED', tags: ['aside'] };
      await put(attune, 'Offer', { id, ...rest, characteristics, representations });
    }
    await put(attune, 'FallbackOffer', { id: 'O-NONE', name: 'None', representations });
    await put(attune, 'Collection', { id: 'aside', name: 'Aside', tags: ['aside'] });
    const formula =
      'offer.characteristics.fixed + offer.characteristics.factor * computedAttributes.liking.get("shoes")';
    const criteria = [{ collection: 'aside', ranking: 'FORMULA', formula }];
    await put(attune, 'DecisionPolicy', {
      id: 'aside',
      placement: 'aside',
      groups: [{ criteria }],
      fallback: 'O-NONE',
    });
    await publish(attune, 'likes-shoes', 'computedAttributes.liking.get("shoes") > 3');
    const outside = await openReceiver();
    await attune.data('mutation ($input: DestinationInput!) { putDestination(input: $input) { id } }', {
      input: {
        ...{
          id: 'liking',
          name: 'Liking',
          connector: 'http-streaming',
          settings: { url: outside.url, secret: SECRET },
        },
        identities: [{ namespace: 'CRMID' }],
        mapping: [{ to: 'shoes', from: 'computedAttributes.liking.get("shoes")' }],
      },
    });
    await attune.data(
      'mutation { activateSegment(destination: "liking", segment: "likes-shoes") { destination { id } } }',
    );
    const seen = () => event('topic.seen', attune.now(), { identityMap: identityMap('CRMID', 'L-1'), topic: 'shoes' });
    const best = async () => {
      const { profile } = await attune.data(
        '{ profile(identity: { namespace: "CRMID", value: "L-1" }) { decisions(placements: [{ placement: "aside" }]) { offer { id } score } } }',
        {},
        KEYS.server,
      );
      return [profile.decisions[0].offer.id, profile.decisions[0].score];
    };
    await ingestAll(attune, 'web', [seen(), seen(), seen(), seen()]);
    await outside.arrived(1);
    expect(await best()).toEqual(['O-FADING', 4]);
    await attune.moveTo(attune.now() + DAY_MS);
    expect(await best()).toEqual(['O-FIXED', 3]);
    await outside.arrived(2);
    await ingestAll(attune, 'web', [seen(), seen(), seen()]);
    await outside.arrived(3);
    expect(await best()).toEqual(['O-FADING', 5]);
    const told = outside.received.map(({ message }) => [
      message.segmentMembership.ups['likes-shoes']?.status,
      message.shoes,
    ]);
    expect(told).toEqual([
      ['realized', 4],
      ['exited', 2],
      ['realized', 5],
    ]);
    await outside.close();
  });

  test('A-6 destinations that answer 500, or never, slow no other, and what comes in is taken and answered', async () => {
    await publish(attune, 'readers', 'xEvent[eventType = "article.read"].count() > 0');
    const receivers = { well: await openReceiver(), broken: await openReceiver(), silent: await openReceiver() };
    receivers.broken.answer = () => 500;
    receivers.silent.answer = () => 'hang';
    for (const [id, { url }] of Object.entries(receivers)) {
      await attune.data('mutation ($input: DestinationInput!) { putDestination(input: $input) { id } }', {
        input: {
          ...{ id, name: id, connector: 'http-streaming', settings: { url, secret: SECRET } },
          identities: [{ namespace: 'CRMID' }],
        },
      });
      await attune.data(
        `mutation { activateSegment(destination: "${id}", segment: "readers") { destination { id } } }`,
      );
    }
    const read = (who: string) => event('article.read', attune.now(), { identityMap: identityMap('CRMID', who) });
    await ingestAll(attune, 'web', [read('R-1')]);
    await Promise.all(Object.values(receivers).map((one) => one.arrived(1)));
    await ingestAll(attune, 'web', [read('R-2')]);
    await receivers.well.arrived(2);

    const { profile } = await attune.data(
      '{ profile(identity: { namespace: "CRMID", value: "R-2" }) { segments { segment { id } } } }',
    );
    expect(profile.segments).toEqual([{ segment: { id: 'readers' } }]);
    for (const id of ['broken', 'silent']) {
      const { deliveryLedger } = await attune.data(LEDGER, { id });
      expect(deliveryLedger).toHaveLength(1);
      for (const row of deliveryLedger) {
        expect(row).toMatchObject({ sent: 0, skipped: 0, received: row.pending + row.failed });
      }
    }
    for (const one of Object.values(receivers)) await one.close();
  });
});
