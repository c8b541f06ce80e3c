import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type IngestServer, serveIngest } from './ingest-server';
import { event, eventIds, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

let profile: ProfileFixture;
let server: IngestServer;
beforeAll(async () => {
  profile = await openProfile();
  server = await serveIngest(profile);
  const identities = [
    { path: 'customer.id', namespace: 'CRMID', primary: true },
    { path: 'email', namespace: 'Email' },
  ];
  const schema = { type: 'object', properties: { points: { type: 'number' }, active: { type: 'boolean' } } };
  await profile.get('mutation ($i: DatasetInput!) { putDataset(input: $i) { id } }', {
    i: { id: 'members', kind: 'RECORDS', identities, schema },
  });
});
afterAll(async () => {
  await server.close();
  await profile.close();
});

const statuses = (lines: readonly Record<string, unknown>[]) => lines.map(({ row, status }) => [row, status]);
const csv = { 'content-type': 'text/csv' };

describe('P-6 a stream of rows', () => {
  test('P-6 each line of NDJSON has its answer, and a bad one stops nobody', async () => {
    const line = (id: string) => JSON.stringify(event('a', NOW_MS, who({ CRMID: id })));
    const body = [line('S1'), '{"cut', '', '[]', line('S2'), '"text"', '7'].join('\r\n');
    const { status, lines } = await server.send('web', body);
    expect(status).toBe(200);
    expect(statuses(lines)).toEqual([
      [1, 'ACCEPTED'],
      [2, 'REJECTED'],
      [4, 'REJECTED'],
      [5, 'ACCEPTED'],
      [6, 'REJECTED'],
      [7, 'REJECTED'],
    ]);
    expect(eventIds(await profile.find('CRMID', 'S2'))).toHaveLength(1);
    const { failedItems } = await profile.get(
      '{ failedItems(dataset: "web", code: "MALFORMED") { edges { node { code body } } } }',
    );
    expect(failedItems.edges[0].node).toEqual({ code: 'MALFORMED', body: '{"cut' });
  });

  test('P-6 a gzipped stream is undone; one that is cut off keeps what came before', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) =>
      JSON.stringify(event('a', NOW_MS, who({ CRMID: `G${index}` }))),
    );
    const whole = gzipSync(lines.join('\n'));
    const encoding = { 'content-encoding': 'gzip' };
    const cut = await server.send('web', whole.subarray(0, whole.length - 500), encoding);
    expect(cut.lines.at(-1)).toMatchObject({ status: 'REJECTED', code: 'MALFORMED' });
    const taken = cut.lines.filter(({ status }) => status === 'ACCEPTED').length;
    const again = await server.send('web', whole, encoding);
    expect(again.lines.filter(({ status }) => status === 'DUPLICATE')).toHaveLength(taken);
    expect(again.lines).toHaveLength(2000);
    expect((await server.send('web', 'no gzip at all', encoding)).lines).toEqual([
      expect.objectContaining({ row: 1, status: 'REJECTED', code: 'MALFORMED' }),
    ]);
  });

  test('P-2 plain CSV rows find their people by the fields that the dataset names', async () => {
    const body = `\ufeffcustomer.id,email,name,points,active
C-1,c1@example.test,"Doe, ""Jo""
of Town",7.5,true
C-2,,Ann,,
,,Nobody,1,false
`;
    const { lines } = await server.send('members', body, csv);
    expect(statuses(lines)).toEqual([
      [2, 'ACCEPTED'],
      [4, 'ACCEPTED'],
      [5, 'REJECTED'],
    ]);
    expect(lines[2]).toMatchObject({ code: 'NO_IDENTITY' });
    const person = await profile.find('Email', 'c1@example.test');
    expect(person.attributes).toEqual({
      customer: { id: 'C-1' },
      email: 'c1@example.test',
      name: 'Doe, "Jo"\nof Town',
      points: 7.5,
      active: true,
    });
  });

  test('P-6 a ragged row, and quotes that are never closed, are refused alone with their line', async () => {
    const body = 'customer.id,name\nR-1,a\nR-2\nR-3,"open\nR-4,d\nR-5,e,f\n';
    const { lines } = await server.send('members', body, csv);
    expect(statuses(lines)).toEqual([
      [2, 'ACCEPTED'],
      [3, 'REJECTED'],
      [4, 'REJECTED'],
      [5, 'ACCEPTED'],
      [6, 'REJECTED'],
    ]);
  });

  test('P-6 Latin-1 is read where it is declared, and refused by row where it is not', async () => {
    const body = Buffer.from('customer.id;name\nL-1;Zoë\nL-2;Ann\n', 'latin1');
    expect(statuses((await server.send('members', body, csv)).lines)).toEqual([
      [2, 'REJECTED'],
      [3, 'ACCEPTED'],
    ]);
    const declared = { 'content-type': 'text/csv; charset=iso-8859-1' };
    expect(statuses((await server.send('members', body, declared)).lines)).toEqual([
      [2, 'ACCEPTED'],
      [3, 'ACCEPTED'],
    ]);
    expect((await profile.find('CRMID', 'L-1')).attributes.name).toBe('Zoë');
  });

  test('P-6 a header that names a column twice, an unknown dataset and a public key are refused at once', async () => {
    expect(await server.send('members', 'a,a\n1,2\n', csv)).toMatchObject({ lines: [{ code: 'BAD_USER_INPUT' }] });
    expect(await server.send('nowhere', '{}')).toMatchObject({ lines: [{ code: 'NOT_FOUND' }] });
    const open = await serveIngest(profile, 'public');
    expect(await open.send('web', '{}')).toMatchObject({ lines: [{ code: 'FORBIDDEN' }] });
    await open.close();
  });

  test('P-6 a form is refused as a whole; who sends CSV without its type is told so', async () => {
    const form = { 'content-type': 'multipart/form-data; boundary=x' };
    expect(await server.send('web', '--x\r\n', form)).toMatchObject({ lines: [{ code: 'BAD_USER_INPUT' }] });
    const { lines } = await server.send('members', 'customer.id,name\nT-1,Ann\n{"cut');
    expect(lines.map(({ message }) => /text\/csv/.test(String(message)))).toEqual([true, false, false]);
  });

  test('P-6 a row of two megabytes is refused and its neighbours are in', async () => {
    const line = (id: string) => JSON.stringify(event('a', NOW_MS, who({ CRMID: id })));
    const { lines } = await server.send('web', [line('M1'), `{"x":"${'x'.repeat(2_000_000)}"}`, line('M2')].join('\n'));
    expect(statuses(lines)).toEqual([
      [1, 'ACCEPTED'],
      [2, 'REJECTED'],
      [3, 'ACCEPTED'],
    ]);
  });
});
