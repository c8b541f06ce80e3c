import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One message as it came in. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: Message;
}

export interface Message {
  readonly segmentMembership: {
    readonly ups: Readonly<Record<string, { readonly status: string; readonly lastQualificationTime: string }>>;
  };
  readonly identityMap: Readonly<Record<string, readonly { readonly id: string }[]>>;
  readonly [field: string]: unknown;
}

/** A status, with headers; `hang`: never an answer. */
export type Answer = number | 'hang' | { readonly status: number; readonly headers: Record<string, string> };

/** The outside: an HTTP server that keeps what it gets and answers as it is told. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: (received: Received) => Answer;
  /** Resolves when `count` messages have come. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a free port; answers 200 until told otherwise. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const one = { headers: request.headers, body, message: JSON.parse(body) as Message };
    received.push(one);
    for (const check of waiting) check();
    const answer = receiver.answer(one);
    if (answer === 'hang') return;
    const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
    response.writeHead(status, headers).end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    received,
    answer: () => 200,
    arrived: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (received.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return receiver;
}
