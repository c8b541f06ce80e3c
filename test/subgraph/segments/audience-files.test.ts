import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isAppError } from '../../../platform/errors';
import { DAY_MS, describeSegments, did, NOW_MS, type SegmentsFixture } from './segments-fixture';

interface Line {
  readonly row: number;
  readonly status: string;
  readonly code?: string;
  readonly path?: string;
}

describeSegments('audiences from files', (open) => {
  let fixture: SegmentsFixture;
  let server: Server;
  beforeEach(async () => {
    fixture = await open();
    server = await serve(fixture);
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const post = async (
    query: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<readonly Line[]> => {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/audiences/partners?${query}`;
    const answer = await fetch(url, { method: 'POST', body, headers });
    const lines = (await answer.text()).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Line);
  };
  const statuses = (lines: readonly Line[]): readonly string[] => lines.map(({ row, status }) => `${row} ${status}`);

  test('S-16 a CSV file brings people who are known and people who are not, by any identity', async () => {
    const csv = 'namespace,value,validUntil\nCRMID,p1,\nCRMID,p2,2026-01-16T12:00:00Z\nCRMID,"p,3",\n';
    await fixture.take('p1', did('view'));
    await fixture.take('p2', did('view'));
    await fixture.idle();
    const lines = await post('provider=acme&labels=C5,C5,secret', csv, { 'content-type': 'text/csv' });
    expect(statuses(lines)).toEqual(['2 ACCEPTED', '3 ACCEPTED', '4 ACCEPTED']);
    expect(await fixture.segmentsOf('p1')).toEqual(['partners']);
    expect(await fixture.segmentsOf(await fixture.take('p,3', did('view')))).toEqual(['partners']);
    const { segment } = await fixture.get<{ segment: object }>('{ segment(id: "partners") { name labels status } }');
    expect(segment).toEqual({ name: 'partners', labels: ['C5', 'secret'], status: 'PUBLISHED' });
    await fixture.idle();
    fixture.clock.moveTo(NOW_MS + DAY_MS + 1);
    await fixture.idle();
    expect((await fixture.told()).filter((line) => line.startsWith('p2'))).toEqual([
      'p2 +partners IMPORT',
      'p2 -partners EXPIRY',
    ]);
    const exits = (await fixture.announced()).filter(({ body }) => body.status === 'EXITED');
    expect(exits.map(({ body }) => body.atMs)).toEqual([NOW_MS + DAY_MS]);
  });

  test('S-16 bad rows of a file are refused each with its line and reason, and the rest goes in', async () => {
    const rows = [
      '{"namespace":"CRMID","value":"p1"}',
      '{"namespace":"CRMID"}',
      'no json',
      '{"value":"p2"}',
      '{"identity":{"namespace":"CRMID","value":"null"}}',
      '{"namespace":"CRMID","value":"p3","validUntil":"some day"}',
      '{"namespace":"CRMID","value":"p4","validUntil":"2020-01-01"}',
      '{"namespace":"CRMID","value":"p5","remove":"perhaps"}',
      '7',
      '{"identityMap":{"ECID":[{"id":"1"}],"CRMID":[{"id":"p6","primary":true}]}}',
    ];
    const lines = await post('provider=acme', rows.join('\n'));
    expect(statuses(lines).filter((line) => line.endsWith('ACCEPTED'))).toEqual(['1 ACCEPTED', '10 ACCEPTED']);
    expect(lines.filter(({ status }) => status === 'REJECTED').map(({ row, code }) => [row, code])).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 9].map((row) => [row, 'BAD_USER_INPUT']),
    );
    expect(lines[5]).toMatchObject({ path: 'validUntil' });
    expect(await fixture.segmentsOf(await fixture.take('p6', did('view')))).toEqual(['partners']);
  });

  test('S-16 a file may take members out, and may name its namespace once', async () => {
    await fixture.take('p1', did('view'));
    await fixture.idle();
    const query = 'provider=acme&namespace=CRMID';
    await post(query, gzipSync('value\np1\n'), { 'content-type': 'text/csv', 'content-encoding': 'gzip' });
    expect(await fixture.segmentsOf('p1')).toEqual(['partners']);
    await post(query, '{"value":"p1","remove":true}');
    expect(await fixture.segmentsOf('p1')).toEqual([]);
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT', 'p1 -partners IMPORT']);
  });

  test('S-16 a file of many thousands of members goes in page by page, with an answer for each', async () => {
    await fixture.take('p2500', did('view'));
    await fixture.idle();
    const rows = Array.from({ length: 3_000 }, (_, index) => `p${index + 1}`);
    const lines = await post('provider=acme&namespace=CRMID', `value\n${rows.join('\n')}`, {
      'content-type': 'text/csv',
    });
    expect(lines).toHaveLength(3_000);
    expect(lines.every(({ status }) => status === 'ACCEPTED')).toBe(true);
    expect(await fixture.segmentsOf('p2500')).toEqual(['partners']);
  });

  test('S-16 an import without a provider, with a header of no use or into a rule is refused as a whole', async () => {
    await fixture.putSegment('rule', 'a = 1');
    expect(await post('', '')).toEqual([{ code: 'BAD_USER_INPUT' }]);
    expect(await post('provider=acme&validDays=0', '')).toEqual([{ code: 'BAD_USER_INPUT' }]);
    expect(await post('provider=acme', 'a,b\n1,2\n', { 'content-type': 'text/csv' })).toEqual([
      { code: 'BAD_USER_INPUT' },
    ]);
  });
});

function serve({ subgraph, clock }: SegmentsFixture): Promise<Server> {
  const [route] = subgraph.routes;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const nowMs = clock.now();
    const context = {
      ...{ sandbox: 'default', scope: 'server' as const, requestId: 'r1', nowMs, deadlineAtMs: nowMs },
      operation: 'mutation' as const,
    };
    const params = { audience: url.pathname.split('/').at(-1) ?? '' };
    route?.handle({ request, response, params, query: url.searchParams, context }).catch((error: unknown) => {
      response.end(JSON.stringify({ code: isAppError(error) ? error.code : String(error) }));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
