import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../../platform/errors';
import type { AnswerError } from '../execution/answer';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  LIMIT_EXCEEDED: 400,
  UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
};

/** Browsers may ask from any site: a key is in a header, never in a cookie. */
export const ANY_SITE = { 'access-control-allow-origin': '*' } as const;

/** The HTTP status of an error that takes a whole request. */
export function statusOf({ extensions: { code, limit } }: AnswerError): number {
  if (limit === 'bodyBytes') return 413;
  return limit === 'bodyTimeMs' ? 408 : STATUS[code];
}

/**
 * Answers once; what was begun already is cut off instead. Answers of one turn of the event loop leave together at its
 * end: to wake who waits for them costs more than to send, and is then paid once.
 */
export function respond(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...ANY_SITE, ...headers, 'content-length': Buffer.byteLength(body) });
  setImmediate(() => response.end(body));
}

/** Answers a request that failed as a whole, in the shape of a GraphQL answer. */
export function respondWithError(response: ServerResponse, error: AnswerError): void {
  const status = statusOf(error);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    // Not for 413: a line that is closed on one who still sends may take the answer along before it was read.
    ...(status === 408 && { connection: 'close' }),
  };
  respond(response, status, headers, JSON.stringify({ errors: [error] }));
}
