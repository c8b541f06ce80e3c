import { getOperationAST } from 'graphql';
import { Agent, request as send } from 'undici';
import type { Clock } from '../../platform/clock';
import { AppError } from '../../platform/errors';
import type { RequestContext } from '../../platform/graphql/request-context';
import { signInternal } from '../internal-header';
import type { Link, SubgraphRequest, SubgraphResult } from './link';
import { createRemoteStreams } from './remote-streams';

export interface RemoteLinkOptions {
  readonly name: string;
  /** Where the subgraph answers GraphQL, with its path; streams are asked there too, by graphql-ws. */
  readonly url: string;
  readonly clock: Clock;
  /** With it, each call carries who asks, signed. Without it, nothing is told. */
  readonly secret?: string;
  /** The SDL, where it is known; else the subgraph is asked for it. */
  readonly sdl?: string;
}

const SDL_QUERY = 'query { _service { sdl } }';
const SDL_TIMEOUT_MS = 10_000;
const CONNECTIONS = 128;
const ANSWER_BYTES = 64 * 1_048_576;

/** A link to a subgraph of another process: POST over kept connections, graphql-ws for streams. */
export function createRemoteLink(options: RemoteLinkOptions): Link {
  const { name, url, clock, secret } = options;
  const agent = new Agent({
    connections: CONNECTIONS,
    keepAliveTimeout: 30_000,
    maxResponseSize: ANSWER_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const sign = (context: RequestContext) => (secret === undefined ? {} : signInternal(context, secret, clock.now()));
  const streams = createRemoteStreams({ name, url: url.replace(/^http/, 'ws'), sign });

  async function post(body: object, context: RequestContext, signal: AbortSignal | undefined): Promise<SubgraphResult> {
    const { statusCode, body: answer } = await send(url, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...sign(context) },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
    const parsed = parseAnswer(await answer.text());
    if (parsed) return parsed;
    throw new AppError('UNAVAILABLE', `The ${name} subgraph answered ${statusCode} and no GraphQL.`);
  }

  async function execute({ query, document, variables, context, signal }: SubgraphRequest): Promise<SubgraphResult> {
    const ask = () => post({ query, variables }, context, signal);
    try {
      return await ask().catch((error: unknown) => {
        // A kept connection may have been closed at the other end just now: a question can be put again.
        if (!isBrokenLine(error) || getOperationAST(document)?.operation !== 'query') throw error;
        return ask();
      });
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('UNAVAILABLE', `The ${name} subgraph cannot be reached.`, { cause });
    }
  }

  async function askForSdl(): Promise<string> {
    const nowMs = clock.now();
    const context: RequestContext = {
      ...{ sandbox: 'default', scope: 'admin', operation: 'query', requestId: `sdl-of-${name}` },
      ...{ nowMs, deadlineAtMs: nowMs + SDL_TIMEOUT_MS },
    };
    const signal = AbortSignal.timeout(SDL_TIMEOUT_MS);
    const { data } = await post({ query: SDL_QUERY }, context, signal).catch((cause: unknown) => {
      throw new AppError('UNAVAILABLE', `The ${name} subgraph at ${url} cannot be reached.`, { cause });
    });
    const { sdl } = (data as { _service?: { sdl?: unknown } } | null | undefined)?._service ?? {};
    if (typeof sdl === 'string') return sdl;
    throw new AppError('UNAVAILABLE', `The ${name} subgraph at ${url} does not tell its SDL.`);
  }

  let known: Promise<string> | undefined;
  return {
    name,
    sdl() {
      known ??= options.sdl === undefined ? askForSdl() : Promise.resolve(options.sdl);
      known.catch(() => {
        known = undefined;
      });
      return known;
    },
    execute,
    subscribe: (request) => streams.open(request),
    async close() {
      await streams.close();
      await agent.close();
    },
  };
}

function parseAnswer(text: string): SubgraphResult | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const isAnswer = typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer);
    return isAnswer ? (answer as SubgraphResult) : undefined;
  } catch {
    return undefined;
  }
}

const BROKEN: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function isBrokenLine(error: unknown): boolean {
  return BROKEN.has((error as { readonly code?: unknown } | null)?.code);
}
