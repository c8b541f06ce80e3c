import type { Attempt } from '../domain/delivery';

/** One HTTP request to the outside. */
export interface HttpRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborted when the time is over, or when Attune closes. */
  readonly signal: AbortSignal;
}

/** What of the answer matters. The body was read and thrown away. */
export interface HttpResponse {
  readonly status: number;
  /** The `retry-after` header. */
  readonly retryAfter?: string | undefined;
}

/** Sends a request without following redirects. Throws when no answer came. */
export type HttpSend = (request: HttpRequest) => Promise<HttpResponse>;

export type Settings = Readonly<Record<string, unknown>>;

/** One message to send. */
export interface Dispatch {
  readonly settings: Settings;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** One kind of outside system, as data and a `send`. */
export interface Connector {
  /** What a destination names it by. */
  readonly id: string;
  /** True when it sends each change as it happens: then it takes no schedule and no deduplication. */
  readonly streaming: boolean;
  /** Fails with BAD_USER_INPUT for settings that cannot work. Messages never repeat a secret. */
  check(settings: Settings): void;
  /** How long one attempt may take. */
  timeoutMs(settings: Settings): number | undefined;
  /** How often one message is tried. */
  attempts(settings: Settings): number | undefined;
  /** One attempt. Never throws for what the outside does. */
  send(dispatch: Dispatch, http: HttpSend): Promise<Attempt>;
}
