import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpTarget } from '../../app/cli/import/http-target';
import { type ImportOptions, type ImportOutcome, runImport } from '../../app/cli/import/run-import';
import type { ImportTarget } from '../../app/cli/import/target';
import { ConfigurationError } from '../../app/config';
import type { Clock } from '../../platform/clock';
import { isAppError } from '../../platform/errors';
import { compiledOf } from '../support/compiled';
import { createManualClock } from '../support/manual-clock';
import { createTemporaryFolder } from '../support/temporary-folder';
import { type ImportServer, openImportServer, type Taken } from './import-server';

const MAPPING = `
eventType: commerce.purchases
timestamp: at
_id: id
identities: [{ namespace: CRMID, column: customer }]
fields: { name: name }
required: [customer]
`;
const HEADER = 'id,at,customer,name';

let place: ReturnType<typeof createTemporaryFolder>;
let server: ImportServer;
let target: ImportTarget;
const clock = createManualClock();

beforeEach(async () => {
  place = createTemporaryFolder();
  server = await openImportServer();
  target = createHttpTarget({ url: server.url, key: server.key, clock });
});

afterEach(async () => {
  await target.close();
  await server.close();
  place.remove();
});

function write(name: string, content: string | Buffer): string {
  const path = join(place.path, name);
  writeFileSync(path, content);
  return path;
}

function run(file: string, options: Partial<ImportOptions> = {}): Promise<ImportOutcome> {
  const mapping = write('mapping.yaml', MAPPING);
  return runImport({ file, dataset: 'orders', mapping, target, clock, batchRows: 10, ...options });
}

function rowsOf(count: number): string[] {
  return Array.from(
    { length: count },
    (_, row) => `o-${row},2026-01-01T00:00:00Z,${row % 7 === 6 ? '' : `C-${row}`},n${row}`,
  );
}

function reportOf(path: string | undefined): readonly Record<string, unknown>[] {
  const text = path ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const checkpointOf = (file: string): string => `${file}.attune-import.json`;

describe('an import', () => {
  it('P-6 brings every row in once, and lists those it refused with line and reason', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(35)].join('\n'));
    const outcome = await run(file);
    expect(outcome.counts).toEqual({ rows: 35, accepted: 30, duplicates: 0, refused: 5, skipped: {} });
    expect(server.taken.size).toBe(30);
    expect(server.taken.get('orders|o-1')).toMatchObject({ eventType: 'commerce.purchases', name: 'n1' });
    const report = reportOf(outcome.report);
    expect(report.map(({ line }) => line)).toEqual([8, 15, 22, 29, 36]);
    expect(report[0]).toEqual({ line: 8, code: 'MISSING_VALUE', path: 'customer', message: 'customer is empty.' });
    expect(existsSync(checkpointOf(file))).toBe(false);
  });

  it('P-3 run again counts nothing twice', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(20)].join('\n'));
    await run(file);
    expect((await run(file)).counts).toMatchObject({ accepted: 0, duplicates: 18, refused: 2 });
  });

  it('P-3 costs a ragged row, a broken quote and what the server rejects nothing but themselves', async () => {
    const rows = [
      HEADER,
      'a,2026-01-01,C-1,x',
      'b,2026-01-01,C-2',
      'c,2026-01-01,"C-3,x',
      ',2026-01-01,C-4,x',
      'e,2026-01-01,C-5,x',
    ];
    const outcome = await run(write('orders.csv', `${rows.join('\n')}\n`));
    expect([...server.taken.keys()]).toEqual(['orders|a', 'orders|e']);
    expect(reportOf(outcome.report).map(({ line, code, path }) => [line, code, path])).toEqual([
      [3, 'RAGGED_ROW', undefined],
      [4, 'UNCLOSED_QUOTE', undefined],
      [5, 'MISSING_ID', '_id'],
    ]);
  });

  it('P-6 reads gzip, a byte order mark, Windows line breaks, and NDJSON', async () => {
    const csv = `\uFEFF${[HEADER, ...rowsOf(3)].join('\r\n')}\r\n`;
    await run(write('orders.csv.gz', gzipSync(csv)));
    expect([...server.taken.keys()]).toEqual(['orders|o-0', 'orders|o-1', 'orders|o-2']);
    const ndjson = '{"_id":"j-1","a":{"b":1}}\n\n[1]\n{"_id":\n{"_id":"j-2"}\n';
    const outcome = await run(write('more.ndjson', ndjson), { mapping: undefined });
    expect(server.taken.get('orders|j-1')).toEqual({ _id: 'j-1', a: { b: 1 } });
    expect(reportOf(outcome.report).map(({ line, code }) => [line, code])).toEqual([
      [3, 'BAD_JSON'],
      [4, 'BAD_JSON'],
    ]);
  });

  it('P-6 reads Latin-1 where it is declared; else it refuses the rows that it cannot read', async () => {
    const file = write('orders.csv', Buffer.from(`${HEADER}\na,2026-01-01,C-1,Café\nb,2026-01-01,C-2,Tea\n`, 'latin1'));
    const outcome = await run(file);
    expect(reportOf(outcome.report)).toMatchObject([{ line: 2, code: 'BAD_ENCODING' }]);
    expect([...server.taken.keys()]).toEqual(['orders|b']);
    await run(file, { encoding: 'latin1' });
    expect(server.taken.get('orders|a')).toMatchObject({ name: 'Café' });
    await expect(run(file, { encoding: 'klingon' })).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('P-6 goes on after a failure where it stopped, with the report as if nothing had been', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(100)].join('\n'));
    const once = reportOf((await run(file, { stateFolder: join(place.path, 'whole') })).report);
    server.taken.clear();
    const failing: ImportTarget = {
      ...target,
      async ingest(dataset, items) {
        const answers = await target.ingest(dataset, items);
        if ((items as readonly Taken[]).some(({ _id }) => _id === 'o-50')) throw new Error('The line broke.');
        return answers;
      },
    };
    await expect(run(file, { target: failing, atOnce: 2 })).rejects.toThrow('The line broke.');
    const left = JSON.parse(readFileSync(checkpointOf(file), 'utf8')) as { counts: { rows: number } };
    expect(left.counts.rows).toBe(50);
    // A run that was killed may have written more of the report than its checkpoint knows.
    writeFileSync(`${file}.refused.ndjson`, `${readFileSync(`${file}.refused.ndjson`, 'utf8')}{"line":99,"co`);
    const outcome = await run(file);
    expect(outcome).toMatchObject({ finished: true, resumedRows: 50, counts: { rows: 100, refused: 14 } });
    expect(outcome.counts.accepted + outcome.counts.duplicates).toBe(86);
    expect(server.taken.size).toBe(86);
    expect(reportOf(outcome.report)).toEqual(once);
  });

  it('P-6 stops when it is told to, and goes on from there', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(60)].join('\n'));
    const controller = new AbortController();
    server.answer = () => {
      controller.abort();
      return 200;
    };
    const stopped = await run(file, { signal: controller.signal, atOnce: 1 });
    expect(stopped).toMatchObject({ finished: false, counts: { rows: 10 } });
    expect(await run(file)).toMatchObject({ finished: true, resumedRows: 10, counts: { duplicates: 0, rows: 60 } });
  });

  it('does not go on with another file, mapping or dataset; --restart begins anew', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(30)].join('\n'));
    await run(file, { signal: AbortSignal.abort() });
    expect(existsSync(checkpointOf(file))).toBe(true);
    await expect(run(file, { dataset: 'other' })).rejects.toThrow(/another dataset/);
    write('orders.csv', [HEADER, ...rowsOf(31)].join('\n'));
    await expect(run(file)).rejects.toBeInstanceOf(ConfigurationError);
    expect((await run(file, { restart: true })).counts).toMatchObject({ rows: 31, duplicates: 9, refused: 4 });
  });

  it('P-6 names what it was told wrong: no file, no format, no column, a key that is not known', async () => {
    await expect(run(join(place.path, 'none.csv'))).rejects.toThrow(/ENOENT|no such file/);
    await expect(run(write('orders.dat', 'a'))).rejects.toThrow(/--format/);
    await expect(run(write('other.csv', 'id,at\n1,2\n'))).rejects.toThrow(/customer, name/);
    const stranger = createHttpTarget({ url: server.url, key: 'wrong', clock });
    const refused = await run(write('orders.csv', `${HEADER}\n${rowsOf(1)[0]}`), { target: stranger }).catch(
      (error) => error,
    );
    expect(isAppError(refused, 'UNAUTHENTICATED')).toBe(true);
    await stranger.close();
  });

  it('sends again what the server could not take for a moment, and gives up in the end', async () => {
    const file = write('orders.csv', [HEADER, ...rowsOf(5)].join('\n'));
    const waits: number[] = [];
    const hurried: Clock = {
      now: clock.now,
      at(atMs, fire) {
        waits.push(atMs - clock.now());
        setImmediate(fire);
        return { cancel: () => {} };
      },
    };
    const patient = createHttpTarget({ url: server.url, key: server.key, clock: hurried });
    server.answer = () => (waits.length < 3 ? 503 : 200);
    expect((await run(file, { target: patient })).counts.accepted).toBe(5);
    expect(waits).toEqual([500, 1000, 2000]);
    server.answer = () => 503;
    const failed = await run(file, { target: patient }).catch((error) => error);
    expect(isAppError(failed, 'UNAVAILABLE')).toBe(true);
    await patient.close();
  });

  it('R-2 killed at any batch and started again, it is as if it had never been killed', async () => {
    const file = write('orders.csv.gz', gzipSync([HEADER, ...rowsOf(400)].join('\n')));
    const mapping = write('mapping.yaml', MAPPING);
    const whole = await run(file, { stateFolder: join(place.path, 'whole') });
    server.taken.clear();
    let child: ChildProcess | undefined;
    for (const killAt of [2, 7, 5]) {
      let batches = 0;
      server.answer = (batch: readonly Taken[]) => {
        batches += 1;
        if (batches < killAt || batch.length === 0) return 200;
        // Taken in, and never acknowledged.
        child?.kill('SIGKILL');
        return 'hang';
      };
      child = start(file, mapping);
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
    }
    server.answer = () => 200;
    child = start(file, mapping);
    const [[outcome]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
    expect(outcome.resumedRows).toBeGreaterThan(0);
    expect(outcome.counts.rows).toBe(400);
    expect(outcome.counts.accepted + outcome.counts.duplicates).toBe(343);
    expect(server.taken.size).toBe(343);
    expect(reportOf(outcome.report)).toEqual(reportOf(whole.report));
    expect(existsSync(checkpointOf(file))).toBe(false);
  });
});

function start(file: string, mapping: string): ChildProcess {
  return fork(compiledOf(join(__dirname, 'import-entry.ts')), [file, mapping, server.url, server.key], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
