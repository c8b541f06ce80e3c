import type { IncomingMessage } from 'node:http';
import { AppError } from '../../platform/errors';

/** How much of a refused body is thrown away, so that the sender gets to read why, before the line is cut. */
const DISCARD_BYTES = 64 * 1_048_576;

/**
 * The body, counted as it comes: at most `limitBytes` are ever held. Throws LIMIT_EXCEEDED beyond that, and UNAVAILABLE
 * when the sender goes away.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) {
    discard(request);
    return Promise.reject(tooLarge(limitBytes));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.off('data', take);
      chunks.length = 0;
      discard(request);
      reject(tooLarge(limitBytes));
    };
    request.on('data', take);
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', (cause) => reject(new AppError('UNAVAILABLE', 'The request broke off.', { cause })));
  });
}

/** The body as JSON. Throws as `readBody` does, and BAD_USER_INPUT when it is none. */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const body = await readBody(request, limitBytes);
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
