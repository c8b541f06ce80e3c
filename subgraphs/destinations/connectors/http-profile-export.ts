import { AppError } from '../../../platform/errors';
import type { Attempt } from '../domain/delivery';
import type { Connector, Dispatch, HttpResponse, HttpSend } from './connector';
import { signBody } from './signature';

const SETTINGS = ['url', 'secret', 'headers', 'timeoutMs', 'maxAttempts'] as const;
const OWN_HEADERS = new Set([
  'attune-signature',
  'idempotency-key',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
]);

/**
 * HTTP streaming profile export: one signed POST of JSON per change.
 * Settings: `url` (http or https), `secret` (signs), `headers` (further ones), `timeoutMs` (default 2,000),
 * `maxAttempts` (default 6). Any 2xx is success; 4xx other than 408 and 429 is refused for good.
 */
export const httpProfileExport: Connector = {
  id: 'http-streaming',
  streaming: true,
  check(settings) {
    const surplus = Object.keys(settings).find((name) => !(SETTINGS as readonly string[]).includes(name));
    if (surplus) throw refusal(surplus, `there is no such setting; there are ${SETTINGS.join(', ')}`);
    checkUrl(settings.url);
    const { secret } = settings;
    if (typeof secret !== 'string' || secret === '') throw refusal('secret', 'messages are signed with it: a text');
    checkHeaders(settings.headers);
    checkNumber(settings.timeoutMs, 'timeoutMs', 1, 30_000);
    checkNumber(settings.maxAttempts, 'maxAttempts', 1, 50);
  },
  timeoutMs: ({ timeoutMs }) => (typeof timeoutMs === 'number' ? timeoutMs : undefined),
  attempts: ({ maxAttempts }) => (typeof maxAttempts === 'number' ? maxAttempts : undefined),
  async send(dispatch, http) {
    try {
      return toAttempt(await post(dispatch, http), dispatch.nowMs);
    } catch {
      return { kind: 'failed', reason: dispatch.signal.aborted ? 'timed out' : 'connection failed' };
    }
  },
};

function post({ settings, body, idempotencyKey, nowMs, signal }: Dispatch, http: HttpSend): Promise<HttpResponse> {
  const { url, secret, headers } = settings as { url: string; secret: string; headers?: Record<string, string> };
  return http({
    url,
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      'attune-signature': signBody(secret, body, nowMs),
    },
    body,
    signal,
  });
}

function toAttempt({ status, retryAfter }: HttpResponse, nowMs: number): Attempt {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const reason = `HTTP ${status}`;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: 'refused', reason };
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  return { kind: 'failed', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (!value) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(waitMs) && waitMs > 0 ? waitMs : undefined;
}

function checkUrl(url: unknown): void {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw refusal('url', 'an address that begins with http:// or https:// is needed');
  }
  if (parsed.username || parsed.password) throw refusal('url', 'credentials do not go into the address; use headers');
}

function checkHeaders(headers: unknown): void {
  if (headers === undefined || headers === null) return;
  if (typeof headers !== 'object' || Array.isArray(headers)) throw refusal('headers', 'names with their values');
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw refusal(`headers.${name}`, 'this cannot be sent as a header');
    }
    if (OWN_HEADERS.has(name.toLowerCase())) throw refusal(`headers.${name}`, 'Attune sets this header itself');
  }
}

function checkNumber(value: unknown, name: string, least: number, most: number): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw refusal(name, `a whole number from ${least} to ${most} is needed`);
  }
}

function refusal(name: string, reason: string): AppError {
  const path = `settings.${name}`;
  return new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path } });
}
