import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import type { Clock } from '../../../platform/clock';
import { AppError, type ErrorCode } from '../../../platform/errors';
import type { ImportTarget, ItemAnswer } from './target';

/** A running server, and the key that it is asked with. */
export interface HttpTargetOptions {
  /** The server's address, without a path. */
  readonly url: string;
  readonly key: string;
  readonly clock: Clock;
  /** The path, query included, that takes the items; default: `/ingest/{dataset}`. */
  readonly path?: (dataset: string) => string;
  /** How often a call is tried that may succeed later; default 6, from half a second on, doubling. */
  readonly attempts?: number;
}

/** Takes the items of a dataset in. */
const toIngest = (dataset: string): string => `/ingest/${encodeURIComponent(dataset)}`;

/**
 * Imports into a running server: each batch is one POST of NDJSON. What failed for the moment is
 * sent again, which counts nothing twice.
 */
export function createHttpTarget({ url, key, clock, path = toIngest, attempts = 6 }: HttpTargetOptions): ImportTarget {
  const dispatcher = new Agent({ connections: 8, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const send = (dataset: string, items: readonly unknown[]): Promise<readonly ItemAnswer[]> =>
    post(url.replace(/\/+$/, '') + path(dataset), key, items, dispatcher);
  return {
    name: url,
    async ingest(dataset, items) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await send(dataset, items);
        } catch (error) {
          if (!(error instanceof AppError) || !error.retryable || attempt === attempts) throw error;
          await wait(clock, 500 * 2 ** (attempt - 1));
        }
      }
    },
    close: () => dispatcher.close(),
  };
}

async function post(
  url: string,
  key: string,
  items: readonly unknown[],
  dispatcher: Agent,
): Promise<readonly ItemAnswer[]> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  try {
    const body = Readable.from(toLines(items));
    const answer = await request(url, { method: 'POST', headers, body, dispatcher });
    if (answer.statusCode !== 200) throw toError(answer.statusCode, await answer.body.text());
    const answers: ItemAnswer[] = [];
    for await (const line of createInterface({ input: answer.body })) if (line) answers.push(toAnswer(line));
    if (answers.length === items.length) return answers;
    throw new AppError('UNAVAILABLE', `The server answered ${answers.length} of ${items.length} items.`);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('UNAVAILABLE', `${url} cannot be reached: ${describe(cause)}.`, { cause });
  }
}

/** The body in pieces of some size, so that a large batch is never one string. */
function* toLines(items: readonly unknown[]): Generator<string> {
  let piece = '';
  for (const item of items) {
    piece += `${JSON.stringify(item)}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = '';
  }
  if (piece) yield piece;
}

function toAnswer(line: string): ItemAnswer {
  const answer = JSON.parse(line) as ItemAnswer & { readonly errors?: unknown };
  if (['ACCEPTED', 'DUPLICATE', 'REJECTED'].includes(answer.status)) return answer;
  throw new AppError('UNAVAILABLE', `The server broke off its answer: ${line.slice(0, 300)}`);
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_USER_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'LIMIT_EXCEEDED',
};

function toError(status: number, body: string): AppError {
  const code = CODE_OF_STATUS[status] ?? (status === 429 || status >= 500 ? 'UNAVAILABLE' : 'BAD_USER_INPUT');
  return new AppError(code, `The server refused the import (HTTP ${status}): ${messageOf(body)}`);
}

function messageOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as {
      message?: string;
      errors?: { message: string }[];
      error?: { message: string };
    };
    return parsed.errors?.[0]?.message ?? parsed.error?.message ?? parsed.message ?? body.slice(0, 300);
  } catch {
    return body.slice(0, 300);
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
}

async function wait(clock: Clock, ms: number): Promise<void> {
  // The clock's timers do not keep the process alive.
  const hold = setInterval(() => {}, 2 ** 30);
  await new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve));
  clearInterval(hold);
}
