/** The rights that a credential carries. */
export type Scope = 'public' | 'server' | 'admin' | 'privacy';

/** What every resolver knows about the request it serves: made once by the gateway, handed to every subgraph. */
export interface RequestContext {
  readonly sandbox: string;
  readonly scope: Scope;
  readonly requestId: string;
  /** The instant that this request is answered about, in milliseconds: the same in all subgraphs. */
  readonly nowMs: number;
  /** When the answer must be out, in milliseconds of the machine's clock. */
  readonly deadlineAtMs: number;
  /** The operation the caller sent, also when this call is an entity look-up: only under a mutation do decisions count. */
  readonly operation: 'query' | 'mutation' | 'subscription';
  /** Facts of the request itself, for rules under `context`. */
  readonly userAgent?: string;
  readonly acceptLanguage?: string;
  readonly referer?: string;
}

const keep = new WeakMap<RequestContext, Map<object, unknown>>();

/** One value per request and `owner` (a subgraph's loaders): made on first use, gone with the request. */
export function perRequest<T>(context: RequestContext, owner: object, make: () => T): T {
  const values = keep.get(context) ?? new Map<object, unknown>();
  keep.set(context, values);
  if (!values.has(owner)) values.set(owner, make());
  return values.get(owner) as T;
}
