import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an item looked like when it came in. */
export interface Taken {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** The outside of an import: takes items in once by `_id`, as `POST /ingest/{dataset}` does. */
export interface ImportServer {
  readonly url: string;
  readonly key: string;
  /** dataset|_id → item. */
  readonly taken: Map<string, Taken>;
  /** How many items were sent, those that were there already among them. */
  sent(): number;
  /** Is asked before each answer: a status other than 200, or `hang` for none at all. */
  answer: (batch: readonly Taken[]) => number | 'hang';
  close(): Promise<void>;
}

/** Listens on a free port. An item without `_id` is rejected. */
export async function openImportServer(): Promise<ImportServer> {
  const taken = new Map<string, Taken>();
  let sent = 0;
  const key = 'key-of-the-import';
  const http = createServer(async (request, response) => {
    const body = await text(request);
    if (request.headers.authorization !== `Bearer ${key}`) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ message: 'The key is not known.' }] }));
      return;
    }
    const dataset = decodeURIComponent((request.url ?? '').replace('/ingest/', ''));
    const items = body
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Taken);
    const answer = server.answer(items);
    if (answer !== 200 && answer !== 'hang') {
      response.writeHead(answer).end('{"message":"Not now."}');
      return;
    }
    sent += items.length;
    const lines = items.map((item) => take(taken, dataset, item));
    if (answer === 200) response.writeHead(200).end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const server: ImportServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    key,
    taken,
    sent: () => sent,
    answer: () => 200,
    async close() {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
  return server;
}

function take(taken: Map<string, Taken>, dataset: string, item: Taken): object {
  const { _id: id } = item;
  if (!id) return { status: 'REJECTED', code: 'MISSING_ID', path: '_id', message: 'An event needs an _id.' };
  const status = taken.has(`${dataset}|${id}`) ? 'DUPLICATE' : 'ACCEPTED';
  taken.set(`${dataset}|${id}`, item);
  return { id, status };
}
