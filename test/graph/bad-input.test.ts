import { request as httpRequest } from 'node:http';
import { expect, test } from '@jest/globals';
import { request } from 'undici';
import { type AttuneUnderTest, describeEveryMode, KEYS } from '../support/every-mode';
import { event, identityMap } from '../support/shop';

const INGEST = `mutation ($dataset: ID!, $events: [JSONObject!]!) {
  ingestEvents(dataset: $dataset, events: $events) { accepted rejected results { status code path message } }
}`;

describeEveryMode('Bad input is answered with a coded error, and its neighbours go in', (attune) => {
  test('malformed JSON is 400 with BAD_USER_INPUT', async () => {
    const { status, body } = await post(attune, '{"query": "{ __typename ');
    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('a query that does not parse, and one that asks for an unknown field, are BAD_USER_INPUT', async () => {
    for (const query of [
      '{ profile(',
      '{ noSuchField }',
      'query ($i: IdentityInput!) { profile(identity: $i) { id } }',
    ]) {
      const { body } = await post(attune, JSON.stringify({ query }));
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  test('no key and an unknown key are UNAUTHENTICATED', async () => {
    for (const authorization of [null, 'Bearer nobody-knows-this-key', 'Basic abc']) {
      const { status, body } = await post(attune, JSON.stringify({ query: '{ __typename }' }), authorization);
      expect(status).toBe(401);
      expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    }
  });

  test('P-3 one bad event is rejected with its reason and path; its neighbours are in', async () => {
    const who = { identityMap: identityMap('CRMID', 'B-1') };
    const { _id, ...withoutId } = event('web.pageView', attune.now(), who);
    const events = [
      event('web.pageView', attune.now(), who),
      withoutId,
      { ...event('web.pageView', attune.now(), who), timestamp: 'yesterday-ish' },
      event('web.pageView', attune.now(), { identityMap: identityMap('CRMID', 'x'.repeat(2_000)) }),
      { ...event('web.pageView', attune.now(), who), identityMap: 'not a map' },
      event('web.pageView', attune.now(), { ...who, padding: 'x'.repeat(11_000) }),
      event('web.pageView', attune.now(), { identityMap: {} }),
      event('web.pageView', attune.now(), who),
    ];
    const { ingestEvents } = await attune.data(INGEST, { dataset: 'web', events }, KEYS.server);
    expect(ingestEvents).toMatchObject({ accepted: 2, rejected: 6 });
    const rejected = ingestEvents.results.filter(({ status }: { status: string }) => status === 'REJECTED');
    for (const { code, message } of rejected) {
      expect(code).toMatch(/^[A-Z_]+$/);
      expect(message).toMatch(/\.$/);
    }
    expect(rejected.slice(0, 2).map(({ path }: { path: string }) => path)).toEqual(['_id', 'timestamp']);
    const { profile } = await attune.data(
      '{ profile(identity: { namespace: "CRMID", value: "B-1" }) { events { edges { node { id } } } } }',
    );
    expect(profile.events.edges).toHaveLength(2);
    const { failedItems } = await attune.data(
      '{ failedItems(dataset: "web") { edges { node { id code } } } }',
      {},
      KEYS.server,
    );
    expect(failedItems.edges).toHaveLength(6);
  });

  test('an unknown dataset is NOT_FOUND', async () => {
    const { errors } = await attune.ask(
      INGEST,
      { dataset: 'nowhere', events: [event('a', attune.now())] },
      KEYS.server,
    );
    expect(errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
  });

  test('a body of 50 MB is LIMIT_EXCEEDED, and not read to its end', async () => {
    const { status, body } = await postEndlessly(`${attune.url()}/graphql`, 50 * 1024 * 1024);
    expect(status).toBe(413);
    expect(JSON.parse(body).errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
  });

  test('a query nested 200 deep and one with 10,000 aliases are LIMIT_EXCEEDED', async () => {
    const deep = `{ segment(id: "x") ${nest(200)} }`;
    const wide = `{ ${Array.from({ length: 10_000 }, (_, index) => `a${index}: segments { pageInfo { hasNextPage } }`).join(' ')} }`;
    for (const query of [deep, wide]) {
      const { body } = await post(attune, JSON.stringify({ query }));
      expect(body.errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
      expect(body.data).toBeUndefined();
    }
  });

  test('S-3 PQL with unbalanced brackets is BAD_USER_INPUT with line, column and what was expected', async () => {
    const { errors } = await attune.ask(
      'mutation { putSegment(input: { id: "broken", name: "Broken", rule: "xEvent[eventType = \\"a\\".count() > 1" }) { segment { id } } }',
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    const diagnostic = { line: 1, column: expect.any(Number), expected: expect.any(Array) };
    expect(errors?.[0]?.extensions?.diagnostics).toEqual([expect.objectContaining(diagnostic)]);
  });

  test('P-6 a stream with bad lines answers line by line, and the good ones are in', async () => {
    const good = (crmid: string) =>
      JSON.stringify(event('web.pageView', attune.now(), { identityMap: identityMap('CRMID', crmid) }));
    const body = [good('S-1'), '{"cut off', '[]', good('S-2'), '"text"', ''].join('\n');
    const answer = await request(`${attune.url()}/ingest/web`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.server}`, 'content-type': 'application/x-ndjson' },
      body,
    });
    expect(answer.statusCode).toBe(200);
    const lines = (await answer.body.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ status }) => status)).toEqual(['ACCEPTED', 'REJECTED', 'REJECTED', 'ACCEPTED', 'REJECTED']);
    const { profiles } = await attune.data(
      '{ profiles(identities: [{ namespace: "CRMID", value: "S-1" }, { namespace: "CRMID", value: "S-2" }]) { id } }',
    );
    expect(profiles).toEqual([{ id: expect.any(String) }, { id: expect.any(String) }]);
  });

  test('a stream without a key is UNAUTHENTICATED, with a public key FORBIDDEN, into an unknown dataset NOT_FOUND', async () => {
    const send = (dataset: string, key?: string) =>
      request(`${attune.url()}/ingest/${dataset}`, {
        method: 'POST',
        headers: key ? { authorization: `Bearer ${key}` } : {},
        body: '{}\n',
      }).then(async ({ statusCode, body }) => [statusCode, (await body.json()) as unknown]);
    expect(await send('web')).toMatchObject([401, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
    expect(await send('web', KEYS.public)).toMatchObject([403, { errors: [{ extensions: { code: 'FORBIDDEN' } }] }]);
    expect(await send('nowhere', KEYS.server)).toMatchObject([
      404,
      { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });

  test('wrong types of arguments are BAD_USER_INPUT', async () => {
    const { errors } = await attune.ask(INGEST, { dataset: 'web', events: 'no list' }, KEYS.server);
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });

  test('after all of it the process is up', async () => {
    const { statusCode, body } = await request(`${attune.url()}/health/ready`);
    expect([statusCode, await body.text()]).toEqual([200, expect.any(String)]);
  });
});

async function post(
  attune: AttuneUnderTest,
  body: string,
  authorization: string | undefined | null = `Bearer ${KEYS.admin}`,
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed.
): Promise<{ status: number; body: any }> {
  const answer = await request(`${attune.url()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization == null ? {} : { authorization }) },
    body,
  });
  return { status: answer.statusCode, body: await answer.body.json() };
}

/** A query on the public graph that is `depth` levels deep. */
function nest(depth: number): string {
  return depth === 0 ? '{ id }' : `{ members { edges { node { segments { segment ${nest(depth - 5)} } } } } }`;
}

/** Sends up to `bytes` and reads the answer as soon as it comes. */
function postEndlessly(url: string, bytes: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const sending = httpRequest(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${KEYS.admin}` } },
      (response) => {
        answered = true;
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body });
          sending.destroy();
        });
      },
    );
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    let left = bytes;
    const write = (): void => {
      while (left > 0 && !sending.destroyed) {
        left -= chunk.length;
        if (!sending.write(chunk)) return void sending.once('drain', write);
      }
      if (!sending.destroyed) sending.end();
    };
    sending.on('error', (error: NodeJS.ErrnoException) => {
      if (!answered || (error.code !== 'EPIPE' && error.code !== 'ECONNRESET')) reject(error);
    });
    write();
  });
}
