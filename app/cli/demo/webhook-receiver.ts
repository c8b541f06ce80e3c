import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../../platform/clock';

/** What a receiver has seen so far. */
interface ReceiverCounts {
  /** Messages whose signature is right, each counted once by its idempotency key. */
  readonly received: number;
  /** The same message again. */
  readonly repeated: number;
  /** Messages whose signature is wrong, missing or too old: refused with 401. */
  readonly refused: number;
  /** segment → status → how many. */
  readonly segments: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One message that was received. */
export interface ReceivedMessage {
  readonly segment: string;
  readonly status: string;
  readonly identity: string;
}

/** The other end of the demo's webhook. `GET` answers with the counts. */
export interface WebhookReceiver {
  readonly port: number;
  readonly url: string;
  counts(): ReceiverCounts;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly secret: string;
  /** Taken if it is free, else another one is. */
  readonly port?: number | undefined;
  readonly clock: Clock;
  readonly onMessage?: (message: ReceivedMessage) => void;
}

const OLDEST_SECONDS = 300;
const LARGEST_BYTES = 1_048_576;

/** Opens a receiver on this machine, for this machine. */
export async function openWebhookReceiver({
  secret,
  port,
  clock,
  onMessage,
}: ReceiverOptions): Promise<WebhookReceiver> {
  const tally = createTally();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return sendJson(response, 200, tally.counts());
    if (Number(request.headers['content-length'] ?? 0) > LARGEST_BYTES) return sendJson(response, 413, {});
    const body = await text(request);
    if (!isSigned(request.headers['attune-signature'], body, secret, clock.now())) {
      tally.refuse();
      return sendJson(response, 401, { message: 'The signature is not right.' });
    }
    const messages = tally.take(String(request.headers['idempotency-key']), JSON.parse(body) as Message);
    for (const message of messages) onMessage?.(message);
    return sendJson(response, 200, {});
  };
  const taken = await listen(server, port ?? 0).catch(() => listen(server, 0));
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}/`,
    counts: tally.counts,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/**
 * True when `header` is `t=<seconds>,v1=<hex>`, v1 the HMAC-SHA-256 over `<t>.<body>` with the secret, and t is not
 * more than five minutes away: what a receiver of Attune's messages should check.
 */
export function isSigned(header: string | string[] | undefined, body: string, secret: string, nowMs: number): boolean {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(String(header)) ?? [];
  if (Math.abs(nowMs / 1000 - Number(seconds)) > OLDEST_SECONDS || given === '') return false;
  const wanted = createHmac('sha256', secret).update(`${seconds}.${body}`).digest();
  return timingSafeEqual(wanted, Buffer.from(given, 'hex'));
}

interface Message {
  readonly segmentMembership: { readonly ups: Readonly<Record<string, { readonly status: string }>> };
  readonly identityMap: Readonly<Record<string, readonly { readonly id: string }[]>>;
}

function createTally() {
  const keys = new Set<string>();
  const segments: Record<string, Record<string, number>> = {};
  let repeated = 0;
  let refused = 0;
  return {
    refuse(): void {
      refused += 1;
    },
    take(key: string, { segmentMembership, identityMap }: Message): readonly ReceivedMessage[] {
      if (keys.has(key)) {
        repeated += 1;
        return [];
      }
      keys.add(key);
      const [namespace = '', ids = []] = Object.entries(identityMap)[0] ?? [];
      return Object.entries(segmentMembership.ups).map(([segment, { status }]) => {
        const ofSegment = segments[segment] ?? {};
        segments[segment] = ofSegment;
        ofSegment[status] = (ofSegment[status] ?? 0) + 1;
        return { segment, status, identity: `${namespace} ${ids[0]?.id ?? ''}` };
      });
    },
    counts: (): ReceiverCounts => ({ received: keys.size, repeated, refused, segments }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
