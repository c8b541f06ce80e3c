import { createClient } from 'graphql-ws';
import { request } from 'undici';
import WebSocket from 'ws';
import { createAttune, type Question } from '../../app/attune';
import type { StoreOptions } from '../../app/store';
import type { Answer } from '../../gateway/gateway';
import { createLog } from '../../platform/log';
import { createManualClock } from './manual-clock';
import { createMongoDatabase } from './mongo-database';
import { openProcesses, type Processes } from './part-processes';
import { createTemporaryFolder } from './temporary-folder';

export type ModeName = 'embedded' | 'mongodb' | 'five processes';

export const KEYS = {
  public: 'public-key-of-the-tests',
  server: 'server-key-of-the-tests',
  admin: 'admin-key-of-the-tests',
  privacy: 'privacy-key-of-the-tests',
} as const;

const START_MS = Date.UTC(2026, 0, 15, 12);

export interface Running {
  readonly url: string;
  ask(query: string, variables?: Record<string, unknown>, key?: string): Promise<Answer>;
  subscribe(question: Question): Promise<AsyncIterableIterator<Answer>>;
  now(): number;
  moveTo(atMs: number): Promise<void>;
  idle(): Promise<void>;
  close(): Promise<void>;
  /** Where the data is kept. */
  readonly place: StoreOptions;
  /** Only of five processes. */
  signal?: Processes['signal'];
}

/** Starts a fresh Attune in one of the ways of running it. */
export function openMode(mode: ModeName): Promise<Running> {
  if (mode === 'embedded') return openInFolder();
  return mode === 'mongodb' ? openOnMongo() : openInProcesses();
}

async function openInFolder(): Promise<Running> {
  const folder = createTemporaryFolder();
  const place = { kind: 'embedded', folder: folder.path } as const;
  const running = await openWhole(place);
  return {
    ...running,
    place,
    async close() {
      await running.close();
      folder.remove();
    },
  };
}

async function openOnMongo(): Promise<Running> {
  const database = createMongoDatabase();
  const place = { kind: 'mongodb', uri: database.uri } as const;
  const running = await openWhole(place);
  return {
    ...running,
    place,
    async close() {
      await running.close();
      await database.drop();
    },
  };
}

async function openWhole(store: StoreOptions): Promise<Omit<Running, 'place'>> {
  const clock = createManualClock(START_MS);
  const attune = await createAttune({ store, clock, log: createLog('silent'), keys: KEYS });
  const { url } = await attune.listen(0);
  return {
    url,
    ask: (query, variables = {}, key = KEYS.admin) => attune.execute({ query, variables, key }),
    async subscribe(question) {
      const stream = await attune.subscribe({ key: KEYS.admin, ...question });
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
      return stream;
    },
    now: clock.now,
    async moveTo(atMs) {
      clock.moveTo(atMs);
      await attune.idle();
    },
    idle: attune.idle,
    close: attune.close,
  };
}

async function openInProcesses(): Promise<Running> {
  let nowMs = START_MS;
  const database = createMongoDatabase();
  const processes = await openProcesses({ mongodbUri: database.uri, nowMs, keys: KEYS });
  const { url } = processes;
  const clients = new Set<ReturnType<typeof createClient>>();
  return {
    url,
    ask: (query, variables = {}, key = KEYS.admin) => askOverHttp(url, { query, variables, key }),
    async subscribe(question) {
      const { key = KEYS.admin, query, variables = {} } = question;
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
      });
      clients.add(client);
      return client.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
    },
    now: () => nowMs,
    async moveTo(atMs) {
      nowMs = atMs;
      await processes.moveTo(atMs);
    },
    idle: processes.idle,
    place: { kind: 'mongodb', uri: database.uri },
    signal: processes.signal,
    async close() {
      for (const client of clients) await client.dispose();
      await processes.close();
      await database.drop();
    },
  };
}

/** One question over HTTP, as a client of another language would ask. */
export async function askOverHttp(url: string, { key, ...body }: Question): Promise<Answer> {
  const answer = await request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
  return (await answer.body.json()) as Answer;
}
