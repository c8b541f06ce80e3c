import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../platform/clock';
import { AppError } from '../../platform/errors';

/** How much of a body is taken in, and how long it may take to come. */
export interface BodyLimits {
  readonly bytes: number;
  readonly timeMs: number;
  readonly clock: Clock;
}

/** How much of a refused body is thrown away, so that the sender gets to read why, before the line is cut. */
const DISCARD_BYTES = 64 * 1_048_576;

/**
 * The body, counted as it comes: at most `bytes` are ever held. Throws LIMIT_EXCEEDED beyond that or when it takes too
 * long, and UNAVAILABLE when the sender goes away.
 */
function readBody(request: IncomingMessage, { bytes: most, timeMs, clock }: BodyLimits): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > most) {
    discard(request);
    return Promise.reject(tooLarge(most));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = clock.at(clock.now() + timeMs, () => refuse(tooSlow(timeMs)));
    const refuse = (error: AppError): void => {
      timer.cancel();
      request.off('data', take);
      chunks.length = 0;
      discard(request);
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= most) chunks.push(chunk);
      else refuse(tooLarge(most));
    };
    request.on('data', take);
    request.once('end', () => {
      timer.cancel();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    request.once('error', (cause) => refuse(new AppError('UNAVAILABLE', 'The request broke off.', { cause })));
  });
}

/** The body as JSON. Throws as `readBody` does, and BAD_USER_INPUT when it is none. */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  const body = await readBody(request, limits);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('BAD_USER_INPUT', `The body is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function discard(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES) request.destroy();
  });
  request.resume();
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('LIMIT_EXCEEDED', `The body is larger than ${limitBytes} bytes.`, {
    details: { limit: 'bodyBytes', most: limitBytes },
  });
}

function tooSlow(timeMs: number): AppError {
  return new AppError('LIMIT_EXCEEDED', `The body took longer than ${timeMs} ms to come.`, {
    details: { limit: 'bodyTimeMs', most: timeMs },
  });
}
