import type { Clock } from '../platform/clock';
import type { Route } from '../platform/http/route';
import type { Ids } from '../platform/ids';
import type { Log } from '../platform/log';
import type { Metrics } from '../platform/metrics';
import { mapStream } from '../platform/stream';
import { createAnswering } from './answering';
import { type Authorize, type Caller, createCallers, type GatewayKey } from './context';
import { createEditor, type EditorOptions } from './editor';
import { type Answer, copyAnswer } from './execution/answer';
import { createFormatError } from './format-error';
import { createApolloLane } from './lanes/apollo';
import { createPersistedDocuments } from './lanes/persisted';
import { DEFAULT_LIMITS, type Limits } from './limits';
import type { Link } from './links/link';
import { createOperations } from './operations';
import { createPlanner } from './plan';
import { createOverrides } from './planning/overrides';
import { createGatewayServer } from './server';
import { createSharedAnswers } from './shared-answers';
import { composeSupergraph, readSupergraph } from './supergraph';

export type { Answer, EditorOptions };

/** How a gateway is made. */
export interface GatewayOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The ways to the subgraphs. */
  readonly links: readonly Link[];
  /** The composed graph, when it is composed already. */
  readonly supergraphSdl?: string;
  readonly keys?: readonly GatewayKey[];
  /** Default `keys`; see there. */
  readonly authorize?: Authorize;
  readonly limits?: Partial<Limits>;
  /** How long a request may take; default 10 s. */
  readonly timeoutMs?: number;
  /** Documents that need not be sent: only their SHA-256. */
  readonly persistedOperations?: readonly string[];
  /** How many times a document is asked in full before it takes the short way; default 3. */
  readonly knownAfter?: number;
  readonly editor?: EditorOptions;
  /** The labels of `@override` that are on, beside those that say a percentage. */
  readonly overrideLabels?: readonly string[];
  /** Draws, for `percent(…)` labels, a number from 0 up to 1 for each request; default: at random. */
  readonly random?: () => number;
  /** Doors beside `/graphql`. */
  readonly routes?: readonly Route[];
}

/** One question to the graph. */
export interface GatewayRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** An API key. */
  readonly key?: string;
}

/** The one public door. */
export interface Gateway {
  /** The graph as callers see it. */
  readonly schemaSdl: string;
  readonly supergraphSdl: string;
  /** Answers a query or a mutation. Never fails. */
  execute(request: GatewayRequest): Promise<Answer>;
  /** The stream of a subscription, or the answer that refuses it. Returning the iterator ends it. Never fails. */
  subscribe(request: GatewayRequest): Promise<AsyncIterableIterator<Answer> | Answer>;
  /** Opens the door for others. Port 0 takes a free one. */
  listen(port: number, host?: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Answers what is under way, then closes door and links. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const KNOWN_AFTER = 3;
const NO_TABS: EditorOptions = { title: 'Attune', tabs: [] };

/** Makes the gateway. Fails with the composer's words when the subgraphs do not fit together. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock, ids, log, metrics, links, keys = [], authorize = 'keys', timeoutMs = TIMEOUT_MS } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const supergraph = readSupergraph(options.supergraphSdl ?? (await composeLinks(links)));
  const formatError = createFormatError({ log, ids });
  const planner = createPlanner(supergraph.sdl);
  const { overrideLabels: active = [], random = Math.random } = options;
  const drawOverrides = createOverrides({ ...planner.overrides, active, random });
  const operations = createOperations({ supergraph, planner, drawOverrides, limits, formatError });
  const callers = createCallers({ keys, authorize, clock, ids, timeoutMs });
  const ways = new Map(links.map((link) => [link.name, link]));
  const execution = { supergraph, formatError, links: ways, shared: createSharedAnswers() };
  const answering = createAnswering({ execution, operations, callers, clock, authorize });
  const apollo = await createApolloLane({ answering, supergraph, formatError, log });
  const { persistedOperations = [], knownAfter = KNOWN_AFTER, editor = NO_TABS, routes = [] } = options;
  const server = createGatewayServer({
    ...{ answering, callers, apollo, formatError, limits, routes, clock, metrics, timeoutMs },
    documents: createPersistedDocuments({ operations: persistedOperations, knownAfter }),
    editor: createEditor(editor),
  });
  async function asCaller<T>(key: string | undefined, ask: (caller: Caller) => Promise<T>): Promise<T | Answer> {
    try {
      return await ask(callers.fromKey(key));
    } catch (error) {
      return { errors: [formatError(error)] };
    }
  }

  return {
    schemaSdl: supergraph.schemaSdl,
    supergraphSdl: supergraph.sdl,
    execute: ({ key, ...question }) =>
      asCaller(key, async (caller) => copyAnswer(await answering.answer(question, caller))),
    subscribe: ({ key, ...question }) =>
      asCaller(key, async (caller) => {
        const told = await answering.subscribe(question, caller);
        return Symbol.asyncIterator in told ? mapStream(told, copyAnswer) : copyAnswer(told);
      }),
    listen: server.listen,
    async close() {
      await server.close();
      await apollo.close();
      for (const link of links) await link.close();
    },
  };
}

async function composeLinks(links: readonly Link[]): Promise<string> {
  const services = await Promise.all(links.map(async (link) => ({ name: link.name, sdl: await link.sdl() })));
  return composeSupergraph(services);
}
