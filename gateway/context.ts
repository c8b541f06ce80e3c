import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { RequestContext, Scope } from '../platform/graphql/request-context';
import type { Ids } from '../platform/ids';

/** One API key as it is kept: `sha256` is the hex hash of the key. */
export interface GatewayKey {
  readonly scope: Scope;
  readonly sandbox: string;
  readonly sha256: string;
}

/** Who may ask: holders of keys by the rights of their scope; holders of keys, anything; anybody, anything. */
export type Authorize = 'keys' | 'holders' | 'none';

/** Who is asking. */
export interface Caller {
  readonly scope: Scope;
  readonly sandbox: string;
}

/** Facts of the request itself, for rules about the request. */
export type RequestFacts = Pick<RequestContext, 'userAgent' | 'acceptLanguage' | 'referer'>;

/** Tells callers apart by their credentials and makes the contexts of their requests. */
export interface Callers {
  /** The holder of a bare key. Throws UNAUTHENTICATED when there is none of it. */
  fromKey(key: string | undefined): Caller;
  /** The holder of the key in an `Authorization` header or parameter: `Bearer KEY`. Throws as `fromKey` does. */
  fromAuthorization(authorization: unknown): Caller;
  /** A request of now, with its id, its one instant and its deadline. */
  newContext(caller: Caller, operation: RequestContext['operation'], facts?: RequestFacts): RequestContext;
}

export interface CallersOptions {
  readonly keys: readonly GatewayKey[];
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How long a request may take. */
  readonly timeoutMs: number;
}

const ANYBODY: Caller = { scope: 'admin', sandbox: 'default' };

/** Callers known by hashed keys. */
export function createCallers({ keys, authorize, clock, ids, timeoutMs }: CallersOptions): Callers {
  const known = keys.map(({ scope, sandbox, sha256 }) => ({
    caller: { scope, sandbox },
    hash: Buffer.from(sha256, 'hex'),
  }));

  function fromKey(key: string | undefined): Caller {
    if (authorize === 'none') return ANYBODY;
    if (!key) throw new AppError('UNAUTHENTICATED', 'This needs an API key: send `Authorization: Bearer KEY`.');
    const hash = createHash('sha256').update(key).digest();
    let found: Caller | undefined;
    // All are compared, so that the time taken tells nothing.
    for (const one of known) if (one.hash.length === hash.length && timingSafeEqual(one.hash, hash)) found = one.caller;
    if (!found) throw new AppError('UNAUTHENTICATED', 'Nobody holds this API key.');
    return found;
  }

  return {
    fromKey,
    fromAuthorization(authorization) {
      const key = typeof authorization === 'string' ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
      return fromKey(key);
    },
    newContext({ scope, sandbox }, operation, facts) {
      const nowMs = clock.now();
      const context = { sandbox, scope, requestId: ids.next(), nowMs, deadlineAtMs: nowMs + timeoutMs, operation };
      return facts ? Object.assign(context, facts) : context;
    },
  };
}
