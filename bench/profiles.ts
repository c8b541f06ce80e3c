import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import { createProfileSubgraph, type ProfileSubgraph, profileCollections } from '../subgraphs/profile';
import { measureDeciding } from './deciding';
import { batches, ecid, type Fields, measure } from './ingest-load';
import { countingRows, IDENTITIES_PER_GRAPH, measureMerges } from './merging';
import { createPicker } from './rule-workload';

const SIZES = (process.env.BENCH_SIZES ?? '10000,100000,1000000').split(',').map(Number);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 20_000);
const pick = createPicker(7);
let made = 0;

function event(identityMap: Fields): Fields {
  made += 1;
  return {
    _id: `${pick.below(2 ** 31).toString(16)}-${made.toString(16)}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + made).toISOString(),
    eventType: `type${made % 20}`,
    identityMap,
    web: { webPageDetails: { URL: `https://shop.example.test/p/${made % 5000}`, name: `Product ${made % 5000}` } },
    commerce: { order: { priceTotal: (made % 997) / 10, currencyCode: 'EUR' } },
  };
}

const visitor = (number: number): Fields => ({ ECID: [{ id: ecid(number) }] });

interface Bench {
  readonly subgraph: ProfileSubgraph;
  readonly send: (batch: Fields[]) => Promise<unknown>;
  readonly rows: () => number;
}

/** What one more event costs, one that links, and a look-up, as the number of people grows. */
async function measureGrowth({ subgraph, send, rows }: Bench): Promise<void> {
  console.log(
    '| profiles | events/s | CPU µs an event | rows | CPU µs one that links | rows | CPU µs a look-up | MiB resident |\n|---|---|---|---|---|---|---|---|',
  );
  let people = 0;
  for (const size of SIZES) {
    for (; people < size; people += 10_000) {
      await measure(
        batches(10_000, (number) => event(visitor(people + number))),
        send,
      );
    }
    const start = rows();
    const known = await measure(
      batches(EVENTS, () => event(visitor(pick.below(size)))),
      send,
    );
    const middle = rows();
    // Somebody else each time: the link is new, and nobody was in two graphs before.
    const first = pick.below(size);
    const linking = await measure(
      batches(EVENTS / 4, (number) =>
        event({ ...visitor((first + number * 7919) % size), CRMID: [{ id: `c${made}` }] }),
      ),
      send,
    );
    const [ownRows, linkRows] = [(middle - start) / EVENTS, (rows() - middle) / (EVENTS / 4)];
    const lookUp = await measureLookUps(subgraph, size);
    const mebibytes = Math.round(process.memoryUsage().rss / 1024 / 1024);
    console.log(
      `| ${size} | ${known.perSecond} | ${known.cpuMicros} | ${ownRows} | ${linking.cpuMicros} | ${linkRows} | ${lookUp.toFixed(1)} | ${mebibytes} |`,
    );
  }
}

async function measureLookUps(subgraph: ProfileSubgraph, size: number): Promise<number> {
  const asked = Array.from({ length: EVENTS }, () => ({ namespace: 'ECID', value: ecid(pick.below(size)) }));
  const before = process.cpuUsage();
  for (const identity of asked) {
    if (!(await subgraph.reader.find('default', identity))) throw new Error(`Nobody has ${identity.value}.`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / asked.length;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const opened = await openSqliteStore({ folder, collections: profileCollections });
  const { store, rows } = countingRows(opened);
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('error'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform, { limits: { identitiesPerGraph: IDENTITIES_PER_GRAPH } });
  const send = (batch: Fields[]) => subgraph.ingestion.ingest('default', 'web', batch, clock.now());
  await measureMerges({ subgraph, send, rows, event, nowMs: clock.now });
  await measureGrowth({ subgraph, send, rows });
  await subgraph.close();
  await opened.close();
  rmSync(folder, { recursive: true });
  measureDeciding(SIZES.at(-1) ?? 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
