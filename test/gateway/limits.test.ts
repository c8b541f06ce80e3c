import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Gateway } from '../../gateway/gateway';
import { createManualClock } from '../support/manual-clock';
import { openGateway } from './gateway-fixture';

let gateway: Gateway;
let url: string;
let calls = 0;
const clock = createManualClock();
beforeAll(async () => {
  gateway = await openGateway(
    [
      {
        name: 'a',
        sdl: 'type Query { me: User } type User { id: ID! friend: User }',
        resolvers: {
          Query: {
            me: () => {
              calls++;
              return { id: '1' };
            },
          },
          User: { friend: () => ({ id: '2' }) },
        },
      },
    ],
    { clock },
  );
  url = (await gateway.listen(0)).url;
});
afterAll(() => gateway.close());

async function post(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  return {
    status: response.status,
    body: (await response.json()) as { errors?: { extensions: object; message: string }[] },
  };
}

const nested = (depth: number) => `{ me ${'{ friend '.repeat(depth)}{ id }${' }'.repeat(depth)} }`;

/** CPU time since: on a busy machine time goes by without it. */
function spentMs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

test('R-5 a query nested 200 deep is refused at once, naming the limit', async () => {
  const begun = process.cpuUsage();
  const answer = await post(JSON.stringify({ query: nested(200) }));
  expect(answer).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'depth', most: 30 } }] },
  });
  expect(spentMs(begun)).toBeLessThan(500);
  expect(await post(JSON.stringify({ query: nested(27) }))).toMatchObject({ status: 200 });
});

test('R-5 ten thousand aliases are refused at once, naming the limit', async () => {
  const begun = process.cpuUsage();
  const many = Array.from({ length: 10_000 }, (_, at) => `a${at}: me { id }`).join(' ');
  expect(await post(JSON.stringify({ query: `{ ${many} }` }))).toMatchObject({
    body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
  });
  const some = Array.from({ length: 300 }, (_, at) => `a${at}: id`).join(' ');
  expect(await post(JSON.stringify({ query: `{ me { ${some} } }` }))).toMatchObject({
    body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'aliases' } }] },
  });
  expect(spentMs(begun)).toBeLessThan(1_000);
  expect(calls).toBeLessThan(3);
});

test('R-5 fragments that multiply are counted wherever they are spread', async () => {
  const fragments = Array.from(
    { length: 20 },
    (_, at) => `fragment F${at} on User { x: friend { ...F${at + 1} } y: friend { ...F${at + 1} } }`,
  );
  const query = `{ me { ...F0 } } ${fragments.join(' ')} fragment F20 on User { id }`;
  const begun = process.cpuUsage();
  expect(await post(JSON.stringify({ query }))).toMatchObject({
    body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
  });
  expect(spentMs(begun)).toBeLessThan(500);
});

test('R-5 a body of 50 MB is refused without being held, and the door stays open', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const big = 'x'.repeat(1_048_576);
  const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const sending = request(
      `${url}/graphql`,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      },
    );
    sending.on('error', reject);
    let sent = 0;
    const more = (): void => {
      while (sent < 50) {
        sent++;
        if (!sending.write(big)) return void sending.once('drain', more);
      }
      sending.end();
    };
    more();
  });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body)).toMatchObject({
    errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'bodyBytes', most: 1_048_576 } }],
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1_048_576);
  expect(await post(JSON.stringify({ query: '{ me { id } }' }))).toMatchObject({ status: 200 });
});

test('a body that declares more than is allowed is refused before it is read', async () => {
  const { status } = await post('y'.repeat(2_000_000));
  expect(status).toBe(413);
});

test('a body that never ends is given up', async () => {
  const headers = { 'content-type': 'application/json', 'content-length': 100, expect: '100-continue' };
  const sending = request(`${url}/graphql`, { method: 'POST', headers });
  const answered = once(sending, 'response');
  sending.flushHeaders();
  await once(sending, 'continue');
  sending.write('{"query":');
  clock.advance(10_000);
  const [response] = (await answered) as [IncomingMessage];
  expect(response.statusCode).toBe(408);
  response.resume();
  sending.destroy();
});

test('malformed JSON, wrong shapes and no GraphQL are coded errors', async () => {
  const code = (reason?: string) => ({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT', ...(reason && { reason }) } }] },
  });
  expect(await post('{"query": ')).toMatchObject(code());
  expect(await post('[]')).toMatchObject(code());
  expect(await post('"text"')).toMatchObject(code());
  expect(await post('{"query": 5}')).toMatchObject(code());
  expect(await post('{"query": "{ me { id } }", "variables": []}')).toMatchObject(code());
  expect(await post('{"query": "{ me {"}')).toMatchObject(code('GRAPHQL_PARSE_FAILED'));
  expect(await post('{"query": "{ nobody }"}')).toMatchObject(code('GRAPHQL_VALIDATION_FAILED'));
  expect(await post('{"query": "query A { me { id } } query B { me { id } }"}')).toMatchObject(code());
  expect(await post('{"query": "{ me { id } }"}', { 'content-type': 'text/plain' })).toMatchObject(code());
  expect(await post('{"query": "{ me { id } }"}')).toMatchObject({ status: 200, body: { data: { me: { id: '1' } } } });
});
