import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openMongoStore } from '../platform/store/mongo/open-mongo-store';
import type { CollectionSpec, Store } from '../platform/store/store';
import { startMongod } from '../test/support/mongod';

/** What one process does until it is told to stop: `lanes` callers, each with the next commit when its last was there. */
interface Load {
  readonly name: string;
  readonly lanes: number;
  /** Documents of one commit; each commit announces as much. */
  readonly documents: number;
}

/** How it went. */
interface Told {
  readonly commits: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly mostMs: number;
}

const SECONDS = Number(process.env.BENCH_SECONDS ?? 12);
const SPECS: readonly CollectionSpec[] = [{ name: 'people', indexes: [{ name: 'country', fields: ['country'] }] }];

/** Commits new documents and their entries, on keys that no other process writes. */
async function work(store: Store, { name, lanes, documents }: Load): Promise<Told> {
  const untilMs = performance.now() + SECONDS * 1000;
  const tookMs: number[] = [];
  let number = 0;
  let refused = 0;
  const commitOne = async (): Promise<void> => {
    const ids = Array.from({ length: documents }, () => `${name}-${number++}`);
    const value = { country: 'CH', note: 'x'.repeat(200) };
    await store.commit({
      sandbox: 'default',
      writes: ids.map((id) => ({ kind: 'put', collection: 'people', id, value, expected: null })),
      entries: ids.map((id) => ({ stream: 'ProfileChanged', key: id, id, at: number, body: value })),
    });
  };
  const lane = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const begunMs = performance.now();
      await commitOne().catch(() => {
        refused += 1;
      });
      tookMs.push(performance.now() - begunMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(tookMs[Math.floor((tookMs.length - 1) * share)] ?? 0);
  return { commits: tookMs.length - refused, refused, p50Ms: at(0.5), p95Ms: at(0.95), mostMs: at(1) };
}

/** Lets a process of its own for each load write at once. */
async function together(uri: string, loads: readonly Load[]): Promise<readonly Told[]> {
  const children = loads.map(() => fork(__filename));
  await Promise.all(children.map((child) => once(child, 'message')));
  const answers = children.map(async (child, at) => {
    child.send({ uri, load: loads[at] });
    const [told] = (await once(child, 'message')) as [Told];
    await once(child, 'exit');
    return told;
  });
  return Promise.all(answers);
}

const BIG = { name: 'big', lanes: 4, documents: 1000 };
const SMALL = { name: 'small', lanes: 1, documents: 1 };
const MANY = { name: 'many', lanes: 32, documents: 1 };
const PAIRS: readonly (readonly Load[])[] = [
  [BIG],
  [SMALL, BIG],
  [MANY, BIG],
  [BIG, { ...BIG, name: 'big too' }],
  [MANY],
  [MANY, { ...MANY, name: 'many too' }],
];

async function main(): Promise<void> {
  const mongod = await startMongod((why) => console.log(`MongoDB is not measured: ${why}`));
  if (!mongod) return;
  console.log(
    '| at once | commits/s of the first | refused | p50 ms | p95 ms | most ms | commits/s of the second | refused |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [at, loads] of PAIRS.entries()) {
    const [first, second] = await together(mongod.uri(`contention_${at}`), loads);
    const rate = (told?: Told): string => (told ? String(Math.round(told.commits / SECONDS)) : '');
    const cells = [
      rate(first),
      first?.refused,
      first?.p50Ms,
      first?.p95Ms,
      first?.mostMs,
      rate(second),
      second?.refused ?? '',
    ];
    console.log(`| ${loads.map(({ name }) => name).join(' and ')} | ${cells.join(' | ')} |`);
  }
  await mongod.stop();
}

if (process.send) {
  process.once('message', async ({ uri, load }: { uri: string; load: Load }) => {
    const store = await openMongoStore({ uri, collections: SPECS });
    const told = await work(store, load);
    await store.close();
    process.send?.(told);
    process.disconnect();
  });
  process.send('ready');
} else {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
