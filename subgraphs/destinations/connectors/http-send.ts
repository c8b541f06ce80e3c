import { Agent, request } from 'undici';
import type { HttpSend } from './connector';

/** An HTTP client with connections of its own. */
export interface HttpClient {
  readonly send: HttpSend;
  close(): Promise<void>;
}

/** How much of an answer's body is read, so that the connection can be used again. */
const DUMPED_BYTES = 64 * 1024;

/** Each origin has its own connections, so one that hangs holds up no other. */
export function createHttpClient(): HttpClient {
  const agent = new Agent({ connections: 32, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  return {
    async send({ url, ...options }) {
      const response = await request(url, { ...options, dispatcher: agent });
      await response.body.dump({ limit: DUMPED_BYTES, signal: options.signal });
      const retryAfter = response.headers['retry-after'];
      return { status: response.statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter };
    },
    close: () => agent.destroy(),
  };
}
