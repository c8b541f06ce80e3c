import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors';
import type { Exchange } from './route';

/** Parts text into rows as it comes; `end` gives what is left when no more comes. */
export interface TextRows<Row> {
  push(text: string): readonly Row[];
  end(): readonly Row[];
}

/** How the rows of one call are read and answered. */
export interface RowExchange<Row extends { readonly line: number }> {
  readonly rows: TextRows<Row>;
  /** What stands for the rest of a stream that cannot be read on. */
  readonly broken: (line: number, message: string) => Row;
  /** Answers a page of rows, each in its order. */
  readonly take: (rows: readonly Row[]) => Promise<readonly object[]>;
}

// How many rows are taken at once, at most.
const ROWS_AT_ONCE = 512;

/** True when the body is said to be CSV; else it is NDJSON. */
export function isCsv({ headers }: IncomingMessage): boolean {
  return (headers['content-type'] ?? '').toLowerCase().startsWith('text/csv');
}

/**
 * Reads a body of rows of any size and answers with one line of NDJSON for each, in order, while the rest still comes; the
 * sender is held back to our speed. `content-encoding: gzip` is undone, and the content type's charset decoded. Fails
 * with BAD_USER_INPUT, before the first byte, where either is not known, and for forms.
 */
export async function exchangeRows<Row extends { readonly line: number }>(
  { request, response }: Exchange,
  { rows, broken, take }: RowExchange<Row>,
): Promise<void> {
  const decoder = decoderFor(request);
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  };
  for await (const pages of readRows(request, decoder, rows, broken)) {
    for (let start = 0; start < pages.length; start += ROWS_AT_ONCE) {
      const page = pages.slice(start, start + ROWS_AT_ONCE);
      const answers = await take(page);
      const lines = answers.map((each, index) => JSON.stringify({ row: page[index]?.line, ...each }));
      begin();
      await write(response, `${lines.join('\n')}\n`);
    }
  }
  begin();
  response.end();
}

async function* readRows<Row extends { readonly line: number }>(
  request: IncomingMessage,
  decoder: TextDecoder,
  rows: TextRows<Row>,
  broken: RowExchange<Row>['broken'],
): AsyncGenerator<readonly Row[]> {
  const source = unpacked(request);
  let waiting: Row[] = [];
  let last = 0;
  try {
    for await (const chunk of source) {
      for (const row of rows.push(decoder.decode(chunk as Buffer, { stream: true }))) {
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
    yield [broken(last + 1, `The stream cannot be read on: ${(error as Error).message}.`)];
    return;
  }
  waiting = waiting.concat(rows.push(decoder.decode()), rows.end());
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

function decoderFor({ headers }: IncomingMessage): TextDecoder {
  const type = headers['content-type'] ?? '';
  // Taken for rows, each line of it would be refused, and kept to be mended.
  if (/^multipart\//i.test(type)) {
    throw new AppError(
      'BAD_USER_INPUT',
      'content-type: rows are the body itself; a form with files is not taken apart.',
    );
  }
  const charset = /charset="?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
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
