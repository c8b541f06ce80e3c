import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import { createProfileSubgraph, profileCollections } from '../subgraphs/profile';

const PROFILES = Number(process.env.BENCH_PROFILES ?? 200_000);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 200_000);
const BATCH = 256;
const CALLERS = 2;
const START_MS = Date.UTC(2026, 0, 1);

/** Numbers that look random and are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

const random = createRandom(7);
const TYPES = ['web.pageView', 'commerce.productViews', 'commerce.cartAdds', 'commerce.purchases'];

function ecid(index: number): string {
  return String(index).padStart(38, '0');
}

function event(number: number, profile: number): Record<string, unknown> {
  const id = `${Math.floor(random() * 4294967296).toString(16)}-${number.toString(16)}-${Math.floor(random() * 65536).toString(16)}`;
  return {
    _id: id,
    timestamp: new Date(START_MS + number * 10).toISOString(),
    eventType: TYPES[number % TYPES.length],
    identityMap: { ECID: [{ id: ecid(profile) }] },
    web: { webPageDetails: { URL: `https://shop.example.test/p/${number % 5000}`, name: `Product ${number % 5000}` } },
    commerce: { order: { priceTotal: (number % 997) / 10, currencyCode: 'EUR' } },
  };
}

function batches(count: number, profileOf: (number: number) => number, from: number): Record<string, unknown>[][] {
  const made: Record<string, unknown>[][] = [];
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    made.push(Array.from({ length: size }, (_, index) => event(from + start + index, profileOf(start + index))));
  }
  return made;
}

/** Runs callers that each send the next batch when theirs was answered; answers with items a second. */
async function measure(
  work: Record<string, unknown>[][],
  send: (batch: Record<string, unknown>[]) => Promise<unknown>,
) {
  const items = work.reduce((sum, batch) => sum + batch.length, 0);
  const queue = [...work];
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const call = async (): Promise<void> => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) await send(batch);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: Math.round(items / seconds), cpuMicros: Math.round((user + system) / items) };
}

async function measureAttune(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const store = await openSqliteStore({ folder, collections: profileCollections });
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform);
  const send = (batch: Record<string, unknown>[]) => subgraph.ingestion.ingest('default', 'web', batch, clock.now());
  const seeded = await measure(
    batches(PROFILES, (number) => number, 0),
    send,
  );
  console.log(`| ${PROFILES} new profiles, one event each | ${seeded.perSecond} | ${seeded.cpuMicros} |`);
  const work = batches(EVENTS, () => Math.floor(random() * PROFILES), PROFILES);
  const result = await measure(work, send);
  console.log(
    `| ${EVENTS} events on ${PROFILES} profiles, batches of ${BATCH} | ${result.perSecond} | ${result.cpuMicros} |`,
  );
  await subgraph.close();
  await store.close();
  rmSync(folder, { recursive: true });
}

// What a plain write-through of the whole profile document costs on the same database.
async function measureWriteThrough(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const database = new DatabaseSync(join(folder, 'plain.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072');
  database.exec('CREATE TABLE profiles (id TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID');
  const get = database.prepare('SELECT body FROM profiles WHERE id = ?');
  const put = database.prepare('INSERT OR REPLACE INTO profiles (id, body) VALUES (?, ?)');
  const send = async (batch: Record<string, unknown>[]): Promise<void> => {
    database.exec('BEGIN IMMEDIATE');
    for (const one of batch) {
      const map = one['identityMap'] as { ECID: { id: string }[] };
      const id = map.ECID[0]?.id ?? '';
      const row = get.get(id) as { body: string } | undefined;
      const profile = row ? JSON.parse(row.body) : { events: [] };
      profile.events.push(one);
      put.run(id, JSON.stringify(profile));
    }
    database.exec('COMMIT');
  };
  await measure(
    batches(PROFILES, (number) => number, 0),
    send,
  );
  const result = await measure(
    batches(EVENTS, () => Math.floor(random() * PROFILES), PROFILES),
    send,
  );
  console.log(`| plain write-through of the same documents | ${result.perSecond} | ${result.cpuMicros} |`);
  database.close();
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  console.log('| durable ingest | events/s | CPU µs an event |\n|---|---|---|');
  await measureAttune();
  await measureWriteThrough();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
