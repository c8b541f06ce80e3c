import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql } from 'graphql';
import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import { createProfileSubgraph, type ProfileSubgraph, profileCollections } from '../subgraphs/profile';
import { batches, ecid, type Fields, measure } from './ingest-load';
import { createPicker } from './rule-workload';

const SIZES = (process.env.BENCH_SIZES ?? '10000,100000,1000000').split(',').map(Number);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 20_000);
const GRAPH = 50;
const GRAPHS = 200;
const UNLINK = `mutation ($profile: IdentityInput!, $identity: IdentityInput!) {
  unlinkIdentity(profile: $profile, identity: $identity) { unlinked { id } }
}`;

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
  readonly nowMs: () => number;
}

/** What one more event costs, one that links, and a look-up, as the number of people grows. */
async function measureGrowth(bench: Bench): Promise<void> {
  console.log(
    '| profiles | events/s | CPU µs an event | CPU µs one that links | CPU µs a look-up | MiB resident |\n|---|---|---|---|---|---|',
  );
  let people = 0;
  for (const size of SIZES) {
    for (; people < size; people += 10_000) {
      await measure(
        batches(10_000, (number) => event(visitor(people + number))),
        bench.send,
      );
    }
    const known = await measure(
      batches(EVENTS, () => event(visitor(pick.below(size)))),
      bench.send,
    );
    // Somebody else each time: the link is new, and nobody was in two graphs before.
    const first = pick.below(size);
    const linking = await measure(
      batches(EVENTS / 4, (number) =>
        event({ ...visitor((first + number * 7919) % size), CRMID: [{ id: `c${made}` }] }),
      ),
      bench.send,
    );
    const lookUp = await measureLookUps(bench, size);
    const mebibytes = Math.round(process.memoryUsage().rss / 1024 / 1024);
    console.log(
      `| ${size} | ${known.perSecond} | ${known.cpuMicros} | ${linking.cpuMicros} | ${lookUp.toFixed(1)} | ${mebibytes} |`,
    );
  }
}

async function measureLookUps({ subgraph }: Bench, size: number): Promise<number> {
  const asked = Array.from({ length: EVENTS }, () => ({ namespace: 'ECID', value: ecid(pick.below(size)) }));
  const before = process.cpuUsage();
  for (const identity of asked) {
    if (!(await subgraph.reader.find('default', identity))) throw new Error(`Nobody has ${identity.value}.`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / asked.length;
}

/** Two graphs of 50 identities become one by an identity that they share, and two again when it is cut. */
async function measureMerges({ subgraph, send, nowMs }: Bench): Promise<void> {
  const device = (graph: string, number: number): string => `${graph}-${number}`;
  const linked = (graph: string): Fields[] =>
    Array.from({ length: GRAPH - 1 }, (_, number) =>
      event({ GAID: [{ id: graph }], IDFA: [{ id: device(graph, number) }] }),
    );
  const graphs = Array.from({ length: GRAPHS }, (_, number) => [`a${number}`, `b${number}`] as const);
  for (const pair of graphs) await send(pair.flatMap(linked));
  const before = process.cpuUsage();
  for (const [a, b] of graphs) {
    await send([event({ IDFA: [{ id: device(a, 0) }, { id: device(b, 0) }] })]);
    const variableValues = {
      profile: { namespace: 'IDFA', value: device(a, 1) },
      identity: { namespace: 'IDFA', value: device(a, 0) },
    };
    const contextValue = { sandbox: 'default', scope: 'admin', nowMs: nowMs() };
    const { errors } = await graphql({ schema: subgraph.schema, source: UNLINK, variableValues, contextValue });
    if (errors) throw errors[0];
  }
  const { user, system } = process.cpuUsage(before);
  console.log(
    `\nMerge and split of two graphs of ${GRAPH}: ${((user + system) / GRAPHS / 1000).toFixed(2)} ms CPU, durable.`,
  );
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const store = await openSqliteStore({ folder, collections: profileCollections });
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('error'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform, { limits: { identitiesPerGraph: 4 * GRAPH } });
  const send = (batch: Fields[]) => subgraph.ingestion.ingest('default', 'web', batch, clock.now());
  const bench = { subgraph, send, nowMs: clock.now };
  await measureMerges(bench);
  await measureGrowth(bench);
  await subgraph.close();
  await store.close();
  rmSync(folder, { recursive: true });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
