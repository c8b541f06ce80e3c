import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type IngestServer, serveIngest } from './ingest-server';
import { type Answer, ecid, event, NOW_MS, openProfile, type ProfileFixture, who } from './profile-fixture';

const CSV = { 'content-type': 'text/csv' };

describe('S-19 device graphs from files', () => {
  let profile: ProfileFixture;
  let server: IngestServer;
  beforeEach(async () => {
    profile = await openProfile();
    server = await serveIngest(profile);
    for (const number of [1, 2, 3]) await profile.ingest('web', event('view', NOW_MS, who({ ECID: ecid(number) })));
  });
  afterEach(async () => {
    await server.close();
    await profile.close();
  });

  const joined = async (): Promise<readonly string[]> => {
    await profile.get('mutation { putMergePolicy(input: { id: "at-home", deviceGraph: "homes" }) { id } }');
    const { profile: shown } = await profile.get(
      'query ($i: IdentityInput!) { profile(identity: $i, mergePolicy: "at-home") { identities { value } } }',
      { i: { namespace: 'ECID', value: ecid(1) } },
    );
    return shown.identities.map(({ value }: Answer) => value).sort();
  };

  test('S-19 a CSV file, compressed or not, brings links with an answer for each row', async () => {
    const rows = [
      'from.namespace,from.value,to.namespace,to.value,validUntil',
      `ECID,${ecid(1)},ECID,${ecid(2)},2027-01-01T00:00:00Z`,
      `ECID,${ecid(1)},ECID,${ecid(3)},2020-01-01`,
      `ECID,${ecid(1)},Nowhere,x,`,
      `ECID,${ecid(1)},ECID,,`,
    ];
    const headers = { ...CSV, 'content-encoding': 'gzip' };
    const { lines } = await server.post('/device-graphs/homes?provider=acme', gzipSync(rows.join('\n')), headers);
    expect(lines.map(({ row, status, code, path }) => [row, status, code, path])).toEqual([
      [2, 'ACCEPTED', undefined, undefined],
      [3, 'REJECTED', 'INVALID_TIMESTAMP', 'validUntil'],
      [4, 'REJECTED', 'UNKNOWN_NAMESPACE', 'to'],
      [5, 'REJECTED', 'BAD_USER_INPUT', 'to'],
    ]);
    expect(await joined()).toEqual([ecid(1), ecid(2)]);
    const { deviceGraph } = await profile.get('{ deviceGraph(id: "homes") { name provider validDays } }');
    expect(deviceGraph).toEqual({ name: 'homes', provider: 'acme', validDays: 30 });
  });

  test('S-19 NDJSON may name both ends in full, by value alone, or in an identityMap; and take links out', async () => {
    const path = '/device-graphs/homes?provider=acme&namespace=ECID&validDays=7&name=Homes';
    const end = (number: number) => ({ namespace: 'ECID', value: ecid(number) });
    const rows = [
      { from: end(1), to: end(2) },
      { from: ecid(2), to: ecid(3) },
      { identityMap: { ECID: [{ id: ecid(1) }, { id: ecid(3) }] } },
    ];
    const { lines } = await server.post(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    expect(lines.map(({ status }) => status)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED']);
    expect(await joined()).toEqual([ecid(1), ecid(2), ecid(3)]);
    const removals = [1, 2].map((number) => JSON.stringify({ from: ecid(number), to: ecid(3), remove: true }));
    await server.post(path, removals.join('\n'));
    expect(await joined()).toEqual([ecid(1), ecid(2)]);
  });

  test('S-19 bad rows are refused each with its line, and a file of no use as a whole', async () => {
    const path = '/device-graphs/homes?provider=acme&namespace=ECID';
    const rows = ['no json', '7', '{"from":"x"}', `{"from":"${ecid(1)}","to":"${ecid(2)}","remove":"perhaps"}`];
    const { lines } = await server.post(path, rows.join('\n'));
    expect(lines.map(({ row, status, path: at }) => [row, status, at])).toEqual([
      [1, 'REJECTED', ''],
      [2, 'REJECTED', ''],
      [3, 'REJECTED', 'to'],
      [4, 'REJECTED', 'remove'],
    ]);
    expect(await server.post('/device-graphs/homes', '')).toEqual({ status: 400, lines: [{ code: 'BAD_USER_INPUT' }] });
    expect(await server.post(path, 'a,b\n1,2', CSV)).toEqual({ status: 400, lines: [{ code: 'BAD_USER_INPUT' }] });
    const browser = await serveIngest(profile, 'public');
    expect(await browser.post(path, '')).toEqual({ status: 400, lines: [{ code: 'FORBIDDEN' }] });
    await browser.close();
  });
});
