import { createSystemClock } from '../platform/clock';
import { createUlids } from '../platform/ids';
import { createLog } from '../platform/log';
import { createMetrics } from '../platform/metrics';
import { openMongoStore } from '../platform/store/mongo/open-mongo-store';
import type { Commit, Store } from '../platform/store/store';
import { createProfileSubgraph, profileCollections } from '../subgraphs/profile';
import { startMongod } from '../test/support/mongod';
import { createRandom } from '../test/support/random';
import { splitCpu } from './cpu-split';
import { batches, ecid, type Fields, measure, type Rate } from './ingest-load';
import { openHandWriter } from './mongo-hand-writer';

const PROFILES = Number(process.env.BENCH_PROFILES ?? 40_000);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 80_000);
// So often each of the two has its turn, so that the machine's moods meet both.
const TURNS = 8;
const START_MS = Date.UTC(2026, 0, 1);
const TYPES = ['web.pageView', 'commerce.productViews', 'commerce.cartAdds', 'commerce.purchases'];

/** Events of visitors, the same in every run. */
function createEvents(seed: number) {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    below,
    event: (number: number, profile: number): Fields => ({
      _id: `${below(2 ** 32).toString(16)}-${number.toString(16)}-${below(2 ** 16).toString(16)}`,
      timestamp: new Date(START_MS + number * 10).toISOString(),
      eventType: TYPES[number % TYPES.length],
      identityMap: { ECID: [{ id: ecid(profile) }] },
      web: {
        webPageDetails: { URL: `https://shop.example.test/p/${number % 5000}`, name: `Product ${number % 5000}` },
      },
      commerce: { order: { priceTotal: (number % 997) / 10, currencyCode: 'EUR' } },
    }),
  };
}

/** The store, and all that is committed to it, to be written by hand as well. */
function recording(store: Store): { readonly store: Store; take(): readonly Commit[] } {
  let commits: Commit[] = [];
  return {
    store: {
      ...store,
      async commit(commit) {
        await store.commit(commit);
        commits.push(commit);
      },
    },
    take() {
      const taken = commits;
      commits = [];
      return taken;
    },
  };
}

interface Sum {
  items: number;
  seconds: number;
  cpuMicros: number;
  mongodMicros: number;
}

const row = (name: string, { items, seconds, cpuMicros, mongodMicros }: Sum): void =>
  console.log(
    `| ${name} | ${Math.round(items / seconds)} | ${Math.round(cpuMicros / items)} | ${Math.round(mongodMicros / items)} |`,
  );

async function compare(uriOf: (database: string) => string): Promise<void> {
  const hand = await openHandWriter(uriOf('by_hand'));
  const { store, take } = recording(await openMongoStore({ uri: uriOf('attune'), collections: profileCollections }));
  const clock = createSystemClock();
  const platform = { store, clock, ids: createUlids(), log: createLog('error'), metrics: createMetrics() };
  const subgraph = createProfileSubgraph(platform);
  const ingest = (batch: Fields[]) => subgraph.ingestion.ingest('default', 'web', batch, clock.now());
  const { below, event } = createEvents(7);
  const add = async (sum: Sum, items: number, run: () => Promise<Rate>): Promise<void> => {
    const before = await hand.mongodMicros();
    const { perSecond, cpuMicros } = await run();
    sum.items += items;
    sum.seconds += items / perSecond;
    sum.cpuMicros += cpuMicros * items;
    sum.mongodMicros += (await hand.mongodMicros()) - before;
  };
  const both = async (name: string, count: number, make: (number: number) => Fields): Promise<void> => {
    const [ours, byHand] = [1, 2].map((): Sum => ({ items: 0, seconds: 0, cpuMicros: 0, mongodMicros: 0 })) as [
      Sum,
      Sum,
    ];
    for (let turn = 0; turn < TURNS; turn++) {
      const share = count / TURNS;
      await add(ours, share, () =>
        measure(
          batches(share, (number) => make(turn * share + number)),
          ingest,
        ),
      );
      const commits = take();
      if (!process.env.BENCH_CPU_FILE) await add(byHand, share, () => hand.write(commits, share));
    }
    row(name, ours);
    row(`${name}, by hand`, byHand);
    console.log(`| ratio | ${((byHand.seconds / ours.seconds) * (ours.items / byHand.items)).toFixed(2)} | | |`);
  };
  await both(`${PROFILES} new profiles, one event each`, PROFILES, (number) => event(number, number));
  const known = () =>
    both(`${EVENTS} events on ${PROFILES} profiles`, EVENTS, (number) => event(PROFILES + number, below(PROFILES)));
  if (process.env.BENCH_CPU_FILE) await splitCpu(known, process.env.BENCH_CPU_FILE);
  else await known();
  await subgraph.close();
  await store.close();
  await hand.close();
}

async function main(): Promise<void> {
  const mongod = await startMongod((why) => console.log(`MongoDB is not measured: ${why}`));
  if (!mongod) return;
  console.log('| durable ingest into MongoDB | events/s | CPU µs an event | of mongod |\n|---|---|---|---|');
  await compare(mongod.uri);
  await mongod.stop();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
