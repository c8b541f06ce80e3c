import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { request } from 'undici';

const MEBIBYTE = 1_048_576;
const KEY = 'the-key-of-the-bench';
const MAIN = join(__dirname, '../dist/app/main.js');
const CUSTOMERS = 10_000;
const TEXT = 'Lorem ipsum dolor sit amet, consetetur sadipscing elitr. '.repeat(70);
const START_MS = Date.UTC(2026, 0, 1);
const SAMPLE_MS = 250;
// Until then caches fill.
const WARM = 0.2;

/** A row of about four kilobytes; never twice the same. */
function rowOf(number: number): string {
  const at = new Date(START_MS + number * 100).toISOString();
  return `r-${number},${at},store.receipt,C-${number % CUSTOMERS},${number},"${TEXT}${number}"\n`;
}

/** So many bytes of CSV, made while they are read. */
function* csvOf(bytes: number, onRow: (sent: number) => void): Generator<string> {
  yield '_id,timestamp,eventType,customer.id,amount,text\n';
  for (let sent = 0, number = 0; sent < bytes; number += 1) {
    const row = rowOf(number);
    sent += row.length;
    onRow(sent);
    yield row;
  }
}

/** `attune serve` over a folder of its own, from the build. */
async function openServer(heapMebibytes: number | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const heap = heapMebibytes === undefined ? [] : [`--max-old-space-size=${heapMebibytes}`];
  const child = spawn(process.execPath, [...heap, MAIN, 'serve', '--port', '0', '--data', folder], {
    env: { ...process.env, ATTUNE_ADMIN_KEY: KEY, ATTUNE_SERVER_KEY: KEY.toUpperCase() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /(http:\/\/\S+)\/graphql/.exec(line)?.[1];
    if (!url) continue;
    return {
      url,
      residentMebibytes: () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
      async close() {
        child.kill('SIGTERM');
        await exited;
        rmSync(folder, { recursive: true });
      },
    };
  }
  throw new Error('The server did not start; is it built?');
}

async function prepare(url: string): Promise<void> {
  const input = {
    id: 'receipts',
    kind: 'EVENTS',
    identities: [{ path: 'customer.id', namespace: 'CRMID', primary: true }],
  };
  const query = 'mutation ($input: DatasetInput!) { putDataset(input: $input) { id } }';
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables: { input } });
  const { errors } = (await (await request(`${url}/graphql`, { method: 'POST', headers, body })).body.json()) as {
    errors?: unknown;
  };
  if (errors) throw new Error(JSON.stringify(errors));
}

/** Streams so many bytes in, and prints how much memory the server used meanwhile. */
async function measure(bytes: number, heapMebibytes?: number): Promise<void> {
  const server = await openServer(heapMebibytes);
  await prepare(server.url);
  let sent = 0;
  const samples: number[] = [];
  const timer = setInterval(() => {
    if (sent > bytes * WARM) samples.push(server.residentMebibytes());
  }, SAMPLE_MS);
  const start = Date.now();
  const rows = csvOf(bytes, (all) => {
    sent = all;
  });
  const answer = await request(`${server.url}/ingest/receipts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'text/csv' },
    body: Readable.from(rows),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const counts = new Map<string, number>();
  for await (const line of createInterface({ input: answer.body })) {
    const { status } = JSON.parse(line) as { status: string };
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  clearInterval(timer);
  const seconds = (Date.now() - start) / 1000;
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  const swing = ((high - low) / (high + low)) * 100;
  const outcome = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  console.log(
    `| ${Math.round(bytes / MEBIBYTE)} MiB, heap ${heapMebibytes ?? 'as it is'} | ${outcome} | ${(bytes / MEBIBYTE / seconds).toFixed(1)} | ${Math.round(low)} – ${Math.round(high)} | ± ${swing.toFixed(1)} % |`,
  );
  await server.close();
}

async function main(): Promise<void> {
  const mebibytes = Number(process.env.BENCH_MEBIBYTES ?? 1024);
  console.log('| streamed CSV | rows | MiB/s | resident MiB after a fifth | |\n|---|---|---|---|---|');
  await measure(mebibytes * MEBIBYTE);
  await measure(2 * mebibytes * MEBIBYTE, 256);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
