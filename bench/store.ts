import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../platform/store/mongo/open-mongo-store';
import { openSqliteStore } from '../platform/store/sqlite/open-sqlite-store';
import type { CollectionSpec, Commit, Store } from '../platform/store/store';
import { startMongod } from '../test/support/mongod';
import { createRandom } from '../test/support/random';

/** One line of the table: how many commits of one document and one log entry. */
export interface StoreResult {
  readonly engine: 'sqlite' | 'mongodb';
  readonly batch: number;
  readonly commitsPerSecond: number;
  readonly cpuMicrosPerCommit: number;
  /** The same by hand on the same driver: no versions, no conflicts, no positions, nobody told. */
  readonly plainPerSecond: number;
  readonly plainCpuMicros: number;
}

const DOCUMENTS = 100_000;
const SPECS: readonly CollectionSpec[] = [{ name: 'people', indexes: [{ name: 'country', fields: ['country'] }] }];

/** What every contestant does with a batch: durably, before it resolves. */
type Write = (batch: readonly Item[]) => Promise<void>;

interface Item {
  readonly id: string;
  readonly document: { readonly country: string; readonly seen: number; readonly name: string; readonly note: string };
  readonly entry: { readonly profileId: string; readonly revision: number; readonly cause: string };
}

/** Changes of documents at random, some 250 bytes each, the same in every run. */
function createItems(seed: number): (count: number) => readonly Item[] {
  const random = createRandom(seed);
  let number = 0;
  const next = (): Item => {
    number += 1;
    const id = `person-${Math.floor(random() * DOCUMENTS)}`;
    const note = `${random()}${random()}`.repeat(4);
    return {
      id,
      document: { country: `C${id.length % 7}`, seen: number, name: `Somebody ${number}`, note },
      entry: { profileId: id, revision: number, cause: `web|${number}-${random()}` },
    };
  };
  return (count) => Array.from({ length: count }, next);
}

async function measure(write: Write, items: ReturnType<typeof createItems>, batch: number, seconds: number) {
  await write(items(batch));
  const made = Array.from({ length: 64 }, () => items(batch));
  const cpu = process.cpuUsage();
  const begunMs = performance.now();
  let commits = 0;
  for (let at = 0; performance.now() - begunMs < seconds * 1000; at++) {
    const work = at < made.length ? made[at] : items(batch);
    await write(work ?? []);
    commits += batch;
  }
  const took = (performance.now() - begunMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: Math.round(commits / took), cpuMicros: Math.round((user + system) / commits) };
}

// As use cases do it: the version that was read is expected.
function writeByStore(store: Store): Write {
  const versions = new Map<string, number>();
  const toCommit = ({ id, document, entry }: Item): Commit => {
    const expected = versions.get(id) ?? null;
    versions.set(id, (expected ?? 0) + 1);
    return {
      sandbox: 'default',
      writes: [{ kind: 'put', collection: 'people', id, value: document, expected }],
      entries: [{ stream: 'ProfileChanged', key: id, id: entry.cause, at: document.seen, body: entry }],
    };
  };
  return async (batch) => void (await Promise.all(batch.map((item) => store.commit(toCommit(item)))));
}

function writeByPlainSqlite(database: InstanceType<typeof DatabaseSync>): Write {
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE people (id TEXT PRIMARY KEY, country TEXT, body TEXT);
    CREATE INDEX people_country ON people (country, id);
    CREATE TABLE log (position INTEGER PRIMARY KEY, key TEXT, id TEXT, at INTEGER, body TEXT);
    CREATE INDEX log_key ON log (key);
  `);
  const put = database.prepare(
    'INSERT INTO people (id, country, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
  );
  const append = database.prepare('INSERT INTO log (key, id, at, body) VALUES (?, ?, ?, ?)');
  return async (batch) => {
    database.exec('BEGIN IMMEDIATE');
    for (const { id, document, entry } of batch) {
      put.run(id, document.country, JSON.stringify(document));
      append.run(id, entry.cause, document.seen, JSON.stringify(entry));
    }
    database.exec('COMMIT');
  };
}

async function writeByPlainMongo(client: MongoClient): Promise<Write> {
  const options = { ordered: false, writeConcern: { w: 'majority', journal: true } } as const;
  const people = client.db('plain').collection<{ _id: string }>('people');
  const log = client.db('plain').collection('log');
  await people.createIndex({ country: 1, _id: 1 });
  await log.createIndex({ key: 1 });
  return async (batch) => {
    await people.bulkWrite(
      batch.map(({ id: _id, document }) => ({
        updateOne: { filter: { _id }, update: { $set: document }, upsert: true },
      })),
      options,
    );
    await log.insertMany(
      batch.map(({ id, document, entry }) => ({ key: id, at: document.seen, ...entry })),
      options,
    );
  };
}

/** Both contestants in turn, so that the machine's moods meet both. */
async function compare(
  engine: StoreResult['engine'],
  ours: Write,
  plain: Write,
  batches: readonly number[],
): Promise<StoreResult[]> {
  const [ourItems, plainItems] = [createItems(1), createItems(1)];
  for (const [write, items] of [
    [ours, ourItems],
    [plain, plainItems],
  ] as const)
    await measure(write, items, 1024, 2);
  const results: StoreResult[] = [];
  for (const batch of batches) {
    const own = await measure(ours, ourItems, batch, 3);
    const other = await measure(plain, plainItems, batch, 3);
    results.push({
      engine,
      batch,
      commitsPerSecond: own.perSecond,
      cpuMicrosPerCommit: own.cpuMicros,
      plainPerSecond: other.perSecond,
      plainCpuMicros: other.cpuMicros,
    });
  }
  return results;
}

async function measureSqlite(): Promise<StoreResult[]> {
  const folder = mkdtempSync(join(os.tmpdir(), 'attune-bench-'));
  const store = await openSqliteStore({ folder, collections: SPECS });
  const plain = new DatabaseSync(join(folder, 'plain.sqlite'));
  const results = await compare('sqlite', writeByStore(store), writeByPlainSqlite(plain), [1, 16, 64, 256, 1024]);
  plain.close();
  await store.close();
  rmSync(folder, { recursive: true });
  return results;
}

async function measureMongo(): Promise<StoreResult[]> {
  const mongod = await startMongod((why) => console.log(`MongoDB is not measured: ${why}`));
  if (!mongod) return [];
  const store = await openMongoStore({ uri: mongod.uri('attune'), collections: SPECS });
  const client = await new MongoClient(mongod.uri()).connect();
  const results = await compare('mongodb', writeByStore(store), await writeByPlainMongo(client), [16, 256, 1024]);
  await client.close();
  await store.close();
  await mongod.stop();
  return results;
}

/** Commits of one document and one log entry, at once in batches, fsync on, beside the same written by hand. */
export async function run(): Promise<readonly StoreResult[]> {
  return [...(await measureSqlite()), ...(await measureMongo())];
}

function toLine(result: StoreResult): string {
  const { engine, batch, commitsPerSecond, cpuMicrosPerCommit, plainPerSecond, plainCpuMicros } = result;
  const ratio = (commitsPerSecond / plainPerSecond).toFixed(2);
  const cpuRatio = (cpuMicrosPerCommit / plainCpuMicros).toFixed(2);
  const cells = [engine, batch, commitsPerSecond, plainPerSecond, ratio, cpuMicrosPerCommit, plainCpuMicros, cpuRatio];
  return `| ${cells.join(' | ')} |`;
}

if (require.main === module) {
  void run().then((results) => {
    console.log('| engine | at once | commits/s | by hand | ratio | CPU µs a commit | by hand | ratio |');
    console.log('|---|---|---|---|---|---|---|---|');
    for (const result of results) console.log(toLine(result));
  });
}
