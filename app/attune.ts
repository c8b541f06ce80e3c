import type { Ingestion } from '../flow/ports';
import { type Answer, createGateway, type EditorOptions, type Gateway } from '../gateway/gateway';
import { type Clock, createSystemClock } from '../platform/clock';
import { createUlids, type Ids } from '../platform/ids';
import { createLog, type Log } from '../platform/log';
import { createMetrics, type Metrics } from '../platform/metrics';
import { createEmbedded } from './embedded';
import { type ConfiguredKey, createKey, hashKeys, type PlainKeys } from './keys';
import { openStore, type StoreOptions } from './store';
import type { Rules } from './subgraphs';

const DAY_MS = 86_400_000;

/** How one Attune is made. Only the store must be named. */
export interface AttuneOptions extends Partial<Rules> {
  readonly store: StoreOptions;
  /** Where time comes from; default: the machine. */
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Default: warnings and errors as JSON lines on standard error. */
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Who may ask. Plain keys are hashed at once. Default: nobody but the holder of `adminKey`. */
  readonly keys?: PlainKeys;
  /** Further keys, already hashed. */
  readonly hashedKeys?: readonly ConfiguredKey[];
  /** How long the log is kept, and with it the cursors of subscribers; default 7 days. */
  readonly keepLogMs?: number;
  /** How long a request may take; default 10 s. */
  readonly timeoutMs?: number;
  /** The largest body of a GraphQL request; default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** What the query editor at `/graphql` opens with. */
  readonly editor?: EditorOptions;
}

/** One question to the graph. */
export interface Question {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** An API key; without a known one the answer is UNAUTHENTICATED. */
  readonly key?: string;
}

/** A whole Attune in this process. */
export interface Attune {
  execute(question: Question): Promise<Answer>;
  /** The stream of a subscription, or the answer that refuses it. Returning the iterator ends it. */
  subscribe(question: Question): Promise<AsyncIterableIterator<Answer> | Answer>;
  /** Opens the door for others. Port 0 takes a free one. */
  listen(port: number, host?: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Takes items in without HTTP, for programs in the same process. */
  readonly ingestion: Ingestion;
  /** A key with admin rights, made anew for this instance. */
  readonly adminKey: string;
  /** The public schema, printed. */
  readonly schemaSdl: string;
  /** The composed supergraph, printed. */
  readonly supergraphSdl: string;
  /** Resolves when what was acknowledged before has come through to segments and destinations. */
  idle(): Promise<void>;
  /** Answers what is under way, then lets go of everything. Closing twice does nothing. */
  close(): Promise<void>;
}

/**
 * Starts Attune in this process, over a folder or over MongoDB. Fails when the store cannot be opened, or the
 * subgraphs do not compose.
 */
export async function createAttune(options: AttuneOptions): Promise<Attune> {
  const { clock = createSystemClock(), ids = createUlids(), log = createLog('warn') } = options;
  const { metrics = createMetrics(), timeZone = 'UTC', keepLogMs = 7 * DAY_MS } = options;
  const { identitySecret, limits, unknownConsents } = options;
  const store = await openStore(options.store, clock, log);
  const platform = { store, clock, ids, log, metrics };
  const embedded = createEmbedded(platform, { timeZone, identitySecret, limits, unknownConsents }, keepLogMs);
  const adminKey = createKey();
  const release = async (): Promise<void> => {
    await embedded.close();
    await store.close();
  };
  const gateway = await createGateway({
    ...platform,
    links: embedded.links,
    keys: [...hashKeys(options.keys ?? {}), ...(options.hashedKeys ?? []), ...hashKeys({ admin: adminKey })],
    routes: [...embedded.subgraphs.profile.routes, ...embedded.subgraphs.segments.routes],
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.bodyLimitBytes === undefined ? {} : { limits: { bodyBytes: options.bodyLimitBytes } }),
    ...(options.editor === undefined ? {} : { editor: options.editor }),
  }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return {
    ...toAttune(gateway, release),
    ingestion: embedded.subgraphs.profile.ingestion,
    adminKey,
    idle: embedded.idle,
  };
}

function toAttune(gateway: Gateway, release: () => Promise<void>): Omit<Attune, 'ingestion' | 'adminKey' | 'idle'> {
  const { schemaSdl, supergraphSdl, execute, subscribe, listen } = gateway;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= gateway.close().then(release);
    return closing;
  };
  return { schemaSdl, supergraphSdl, execute, subscribe, listen, close };
}
