import { Agent, request } from 'undici';
import { readJson } from '../gateway/http/body';
import type { Clock } from '../platform/clock';
import { AppError, type ErrorCode } from '../platform/errors';
import type { Route } from '../platform/http/route';

/** What one process offers to the others beside its graph: objects whose methods take and give plain JSON. */
export type Ports = Readonly<Record<string, object>>;

interface PortFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Where ports are served, below the address of the part that owns them. */
const PORTS_PATH = '/internal/ports/:port/:method';

/**
 * Calls a port's method with `args` (a JSON list). NOT_FOUND when there is no such port or method: what is not an own,
 * enumerable function of the port cannot be called.
 */
async function callPort(ports: Ports, port: string, method: string, args: unknown): Promise<unknown> {
  const target = Object.hasOwn(ports, port) ? ports[port] : undefined;
  const verb = target && Object.hasOwn(target, method) ? (target as Record<string, unknown>)[method] : undefined;
  if (typeof verb !== 'function' || !Array.isArray(args)) {
    throw new AppError('NOT_FOUND', `There is no internal port ${port}.${method}.`);
  }
  return verb.apply(target, args);
}

export interface PortClientOptions {
  /** The address of the part that serves the port, without a path. */
  readonly url: string;
  readonly port: string;
  /** Headers that prove who calls, made anew for each call. */
  readonly sign: () => Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The calls of one process to the ports of others, over kept connections. */
export interface PortClients {
  /** A port of another process. Its methods fail as the real ones do, and with UNAVAILABLE when it cannot be reached. */
  create<T extends object>(methods: readonly (keyof T & string)[], options: PortClientOptions): T;
  close(): Promise<void>;
}

/** Clients over one pool of connections. */
export function createPortClients(): PortClients {
  const agent = new Agent({ keepAliveTimeout: 30_000, connections: 64 });
  return {
    create<T extends object>(methods: readonly (keyof T & string)[], options: PortClientOptions): T {
      const call = (method: string, args: readonly unknown[]) => callOverHttp(agent, options, method, args);
      return Object.fromEntries(methods.map((method) => [method, (...args: unknown[]) => call(method, args)])) as T;
    },
    close: () => agent.close(),
  };
}

async function callOverHttp(
  dispatcher: Agent,
  { url, port, sign, timeoutMs = 10_000 }: PortClientOptions,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const { statusCode, text } = await send().catch((cause: unknown) => {
    throw new AppError('UNAVAILABLE', `The ${port} port cannot be reached.`, { cause, details: { port } });
  });
  const answer = parseAnswer(text);
  if (statusCode === 200 && answer && 'result' in answer) return toUndefined(answer.result);
  if (answer?.error) throw new AppError(answer.error.code, answer.error.message, answer.error);
  throw new AppError('UNAVAILABLE', `The ${port} port answered ${statusCode}.`, { details: { port } });

  async function send(): Promise<{ readonly statusCode: number; readonly text: string }> {
    const response = await request(`${url}${PORTS_PATH.replace(':port', port).replace(':method', method)}`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...sign() },
      body: JSON.stringify(args),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    return { statusCode: response.statusCode, text: await response.body.text() };
  }
}

function parseAnswer(text: string): { readonly result?: unknown; readonly error?: PortFailure } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON has no `undefined`: ports answer with it for what is absent, never with `null`, also in lists of answers. */
function toUndefined(result: unknown): unknown {
  if (result === null) return undefined;
  return Array.isArray(result) ? result.map((item: unknown) => item ?? undefined) : result;
}

/** What one call may bring: pages of people and batches of items, with room to spare. */
const BODY_BYTES = 64 * 1_048_576;
const BODY_TIME_MS = 10_000;

/** The door through which other parts call these ports. A call over the size limit is refused with LIMIT_EXCEEDED. */
export function createPortRoute(ports: Ports, clock: Clock, bytes = BODY_BYTES): Route {
  return {
    method: 'POST',
    path: PORTS_PATH,
    async handle({ request: incoming, response, params: { port = '', method = '' } }) {
      const { status, body } = await answerPort(async () =>
        callPort(ports, port, method, await readJson(incoming, { bytes, timeMs: BODY_TIME_MS, clock })),
      );
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    },
  };
}

async function answerPort(call: () => Promise<unknown>): Promise<{ readonly status: number; readonly body: string }> {
  try {
    return { status: 200, body: JSON.stringify({ result: (await call()) ?? null }) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, retryable, details } = error;
    return {
      status: 422,
      body: JSON.stringify({ error: { code, message, retryable, details } satisfies PortFailure }),
    };
  }
}
