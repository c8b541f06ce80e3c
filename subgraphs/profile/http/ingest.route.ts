import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { IngestAnswer } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Exchange, Route } from '../../../platform/http/route';
import type { DatasetInUse } from '../domain/parse-item';
import type { RowIntake } from '../use-cases/row-intake';
import { createCsvRows, createNdjsonItems, type ItemRow, type ItemRows, unreadable } from './item-rows';

// How many rows go into one commit, at most.
const ROWS_AT_ONCE = 512;

/**
 * `POST /ingest/:dataset`: NDJSON, or CSV with `content-type: text/csv`; `content-encoding: gzip` is undone. Answers with
 * one line of NDJSON for each item, in order, while the rest still comes; the sender is held back to our speed.
 */
export function createIngestRoute(intake: RowIntake): Route {
  return {
    method: 'POST',
    path: '/ingest/:dataset',
    async handle(exchange) {
      if (exchange.context.scope !== 'server' && exchange.context.scope !== 'admin') {
        throw new AppError('FORBIDDEN', 'Streams are taken in with a server key.');
      }
      const batch = exchange.query.get('batch');
      const target = {
        sandbox: exchange.context.sandbox,
        dataset: exchange.params.dataset ?? '',
        ...(batch === null ? {} : { batch }),
      };
      const dataset = await intake.open(target);
      const parts = partsFor(exchange.request, dataset);
      const decoder = decoderFor(exchange.request);
      await answerRows(exchange, readRows(exchange.request, parts, decoder), (bodies) => intake.take(target, bodies));
    },
  };
}

async function answerRows(
  { response }: Exchange,
  rows: AsyncIterable<readonly ItemRow[]>,
  take: (bodies: readonly unknown[]) => Promise<readonly IngestAnswer[]>,
): Promise<void> {
  const answer = async (page: readonly ItemRow[]): Promise<void> => {
    const answers = await take(page.map(({ body }) => body));
    const lines = answers.map((each, index) => JSON.stringify({ row: page[index]?.line, ...each }));
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    await write(response, `${lines.join('\n')}\n`);
  };
  for await (const page of rows) {
    for (let start = 0; start < page.length; start += ROWS_AT_ONCE) {
      await answer(page.slice(start, start + ROWS_AT_ONCE));
    }
  }
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.end();
}

async function* readRows(
  request: IncomingMessage,
  parts: ItemRows,
  decoder: TextDecoder,
): AsyncGenerator<readonly ItemRow[]> {
  const source = unpacked(request);
  let waiting: ItemRow[] = [];
  let last = 0;
  try {
    for await (const chunk of source) {
      for (const row of parts.push(decoder.decode(chunk as Buffer, { stream: true }))) {
        waiting.push(row);
        last = row.line;
      }
      // What is there already goes into the same commit.
      if (waiting.length < ROWS_AT_ONCE && source.readableLength > 0) continue;
      if (waiting.length > 0) yield waiting;
      waiting = [];
    }
  } catch (error) {
    if (waiting.length > 0) yield waiting;
    if (error instanceof AppError || request.errored) throw error;
    yield [{ line: last + 1, body: unreadable(`The stream cannot be read on: ${(error as Error).message}.`, '') }];
    return;
  }
  waiting = waiting.concat(parts.push(decoder.decode()), parts.end());
  if (waiting.length > 0) yield waiting;
}

function unpacked(request: IncomingMessage): Readable {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new AppError('BAD_USER_INPUT', `content-encoding: only gzip is understood; received ${encoding}.`);
  }
  const gunzip = createGunzip();
  request.on('error', (error) => gunzip.destroy(error));
  return request.pipe(gunzip);
}

function partsFor(request: IncomingMessage, dataset: DatasetInUse): ItemRows {
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  return type.startsWith('text/csv') ? createCsvRows(dataset.schema) : createNdjsonItems();
}

function decoderFor(request: IncomingMessage): TextDecoder {
  const charset = /charset="?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    throw new AppError('BAD_USER_INPUT', `content-type: the charset ${charset} is not known.`);
  }
}

function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
