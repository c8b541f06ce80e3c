import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { compiledOf } from '../support/compiled';
import { KEYS } from '../support/modes';
import { openServer, type ServerProcess } from '../support/server-process';
import { createTemporaryFolder } from '../support/temporary-folder';

// Up to seven processes a test, one after the other.
jest.setTimeout(180_000);

const MAIN = compiledOf(join(__dirname, '../../app/main.ts'));
const CONFIGURATION = `
kind: Dataset
id: orders
datasetKind: EVENTS
---
kind: Segment
id: buyers
name: Buyers
rule: xEvent[eventType = "commerce.purchases"].count() >= 1
publish: true
`;
const MAPPING = `
eventType: commerce.purchases
timestamp: at
_id: id
identities: [{ namespace: CRMID, column: customer }]
required: [customer]
`;

const place = createTemporaryFolder();
const data = join(place.path, 'data');
let server: ServerProcess;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a shell starts it. */
function attune(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ATTUNE_ADMIN_KEY: KEYS.admin, ATTUNE_SERVER_KEY: KEYS.server } };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function write(name: string, text: string): string {
  const path = join(place.path, name);
  writeFileSync(path, text);
  return path;
}

beforeAll(async () => {
  mkdirSync(join(place.path, 'configuration'));
  write('configuration/all.yaml', CONFIGURATION);
  write('mapping.yaml', MAPPING);
  server = await openServer(['--data', data]);
});
afterAll(async () => {
  await server.end('SIGTERM');
  place.remove();
});

const importInto = (file: string, ...args: readonly string[]) =>
  attune('import', file, '--dataset', 'orders', '--mapping', join(place.path, 'mapping.yaml'), ...args);

describe('the command line', () => {
  it('R-7 applies configuration to a server; twice changes nothing, and ends with 0', async () => {
    const folder = join(place.path, 'configuration');
    const first = await attune('apply', folder, '--url', server.url);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/created +Segment buyers\n2 created, 0 changed, 0 unchanged/);
    const second = await attune('apply', folder, '--url', server.url);
    expect([second.code, second.stdout.split('\n').at(-2)]).toEqual([0, '0 created, 0 changed, 2 unchanged']);
  });

  it('R-7 ends with 2 where a file is refused, and with 1 where the server refuses', async () => {
    const bad = write('bad.yaml', 'kind: Segment\nid: x\nname: X\nrule: a = 1\nruel: b\n');
    const refused = await attune('apply', bad, '--url', server.url);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/bad\.yaml, document 1, line 5: .*"ruel"/);
    const broken = write('broken.yaml', 'kind: Segment\nid: x\nname: X\nrule: a = (\npublish: true\n');
    const failed = await attune('apply', broken, '--url', server.url);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/broken\.yaml, document 1, line \d: Segment x: .*\n +rule, line 1, column \d+: /);
    expect(await attune('apply', broken, '--url', server.url, '--key', 'nobody')).toMatchObject({ code: 1 });
  });

  it('P-6 imports into a server: 0 when all is in, 3 when rows were refused, with the report', async () => {
    const good = write('good.csv', 'id,at,customer\na,2026-01-01,C-1\nb,2026-01-01,C-2\n');
    const all = await importInto(good, '--url', server.url);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(all.stdout).toMatch(/Imported 2 rows into orders[^\n]*\n {2}2 accepted\n/);
    const mixed = write('mixed.csv', 'id,at,customer\na,2026-01-01,C-1\nc,2026-01-01,\nd,soon,C-3\ne,2026-01-01,C-4\n');
    const some = await importInto(mixed, '--url', server.url);
    expect(some.code).toBe(3);
    expect(some.stdout).toMatch(
      /1 accepted\n {2}1 were there already\n {2}2 refused, listed in \S+mixed\.csv\.refused/,
    );
    const report = readFileSync(`${mixed}.refused.ndjson`, 'utf8').trim().split('\n');
    expect(report.map((line) => JSON.parse(line).line)).toEqual([3, 4]);
  });

  it('P-6 lists what the server itself refused with its code and path', async () => {
    const file = write('own.ndjson', '{"_id":"x1","timestamp":"2026-02-30","identityMap":{"CRMID":[{"id":"C-1"}]}}\n');
    const { code } = await attune('import', file, '--dataset', 'orders', '--url', server.url);
    expect(code).toBe(3);
    expect(JSON.parse(readFileSync(`${file}.refused.ndjson`, 'utf8'))).toMatchObject({ line: 1, path: 'timestamp' });
  });

  it('ends with 2 for what it cannot use and with 1 for what failed, and says why on standard error', async () => {
    const file = write('good2.csv', 'id,at,client\na,2026-01-01,C-1\n');
    const column = await importInto(file, '--url', server.url);
    expect([column.code, column.stdout]).toEqual([2, '']);
    expect(column.stderr).toMatch(/customer/);
    expect((await attune('import', file)).code).toBe(2);
    expect((await attune('import', file, '--dataset', 'orders', '--format', 'xml')).code).toBe(2);
    const good = write('good3.csv', 'id,at,customer\na,2026-01-01,C-1\n');
    const unknown = await attune('import', good, '--dataset', 'nowhere', '--url', server.url);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/nowhere/);
    expect(await importInto(good, '--url', server.url, '--key', 'nobody')).toMatchObject({ code: 1, stdout: '' });
  });

  it('goes straight into the data folder while no server holds it, and says who does', async () => {
    const file = write('folder.csv', 'id,at,customer\nf1,2026-01-01,C-9\nb,2026-01-01,C-2\n');
    const held = await importInto(file, '--data', data);
    expect(held.code).toBe(1);
    expect(held.stderr).toMatch(/process \d+|pid/i);
    await server.end('SIGTERM');
    const inside = await importInto(file, '--data', data);
    expect(inside.stdout).toMatch(/1 accepted\n {2}1 were there already/);
    expect(inside).toMatchObject({ code: 0, stderr: '' });
    const applied = await attune('apply', join(place.path, 'configuration'), '--data', data);
    expect([applied.code, applied.stdout.split('\n').at(-2)]).toEqual([0, '0 created, 0 changed, 2 unchanged']);
  });
});
