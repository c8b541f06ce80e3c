import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';

/** The header by which one part of Attune proves to another who asks. */
export const INTERNAL_HEADER = 'x-attune-context';

/** How long a signature holds: long enough for a call to arrive, too short to be of use to a finder. */
const HOLDS_MS = 30_000;

const signed = z.strictObject({
  issuedAtMs: z.number(),
  context: z.strictObject({
    sandbox: z.string(),
    scope: z.enum(['public', 'server', 'admin', 'privacy']),
    requestId: z.string(),
    nowMs: z.number(),
    deadlineAtMs: z.number(),
    operation: z.enum(['query', 'mutation', 'subscription']),
    userAgent: z.string().optional(),
    acceptLanguage: z.string().optional(),
    referer: z.string().optional(),
  }),
});

/** The header that carries `context`, signed by HMAC-SHA-256 with the secret that all parts share. */
export function signInternal(
  context: RequestContext,
  secret: string,
  nowMs: number,
): Readonly<Record<typeof INTERNAL_HEADER, string>> {
  const body = Buffer.from(JSON.stringify({ issuedAtMs: nowMs, context })).toString('base64url');
  return { [INTERNAL_HEADER]: `${body}.${hmac(body, secret).toString('base64url')}` };
}

/** The context that a header carries. Throws UNAUTHENTICATED when it is missing, forged or older than 30 s. */
export function verifyInternal(header: unknown, secret: string, nowMs: number): RequestContext {
  const [body, signature, more] = typeof header === 'string' ? header.split('.') : [];
  if (body === undefined || signature === undefined || more !== undefined) throw refused('is missing');
  const given = Buffer.from(signature, 'base64url');
  const expected = hmac(body, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refused('is not signed by us');
  const parsed = signed.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  if (!parsed.success) throw refused('cannot be read');
  if (Math.abs(nowMs - parsed.data.issuedAtMs) > HOLDS_MS) throw refused('has expired');
  return parsed.data.context as RequestContext;
}

function hmac(body: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(body).digest();
}

function refused(why: string): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    `Only other parts of Attune may ask here: the ${INTERNAL_HEADER} header ${why}.`,
  );
}
