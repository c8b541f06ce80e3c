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
import { measureChain } from './ingest-chain';
import { batches, ecid, type Fields, measure } from './ingest-load';

const PROFILES = Number(process.env.BENCH_PROFILES ?? 200_000);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 200_000);
const RULES = Number(process.env.BENCH_RULES ?? 100);
// `profile`, `chain` or `plain`; absent: all three.
const ONLY = process.env.BENCH_ONLY;
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

function event(number: number, profile: number): Fields {
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

async function measureAttune(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const store = await openSqliteStore({ folder, collections: profileCollections });
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform);
  const send = (batch: Fields[]) => subgraph.ingestion.ingest('default', 'web', batch, clock.now());
  const seeded = await measure(
    batches(PROFILES, (number) => event(number, number)),
    send,
  );
  console.log(`| ${PROFILES} new profiles, one event each | ${seeded.perSecond} | ${seeded.cpuMicros} |`);
  const work = batches(EVENTS, (number) => event(PROFILES + number, Math.floor(random() * PROFILES)));
  const result = await measure(work, send);
  console.log(
    `| ${EVENTS} events on ${PROFILES} profiles, batches of 256 | ${result.perSecond} | ${result.cpuMicros} |`,
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
  const send = async (batch: Fields[]): Promise<void> => {
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
    batches(PROFILES, (number) => event(number, number)),
    send,
  );
  const result = await measure(
    batches(EVENTS, (number) => event(PROFILES + number, Math.floor(random() * PROFILES))),
    send,
  );
  console.log(`| plain write-through of the same documents | ${result.perSecond} | ${result.cpuMicros} |`);
  database.close();
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  console.log('| durable ingest | events/s | CPU µs an event |\n|---|---|---|');
  if (!ONLY || ONLY === 'profile') await measureAttune();
  if (!ONLY || ONLY === 'plain') await measureWriteThrough();
  if (!ONLY || ONLY === 'chain') await measureChain({ profiles: PROFILES, events: EVENTS, rules: RULES });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
