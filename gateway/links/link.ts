import type { DocumentNode, ExecutionResult, FormattedExecutionResult } from 'graphql';
import type { RequestContext } from '../../platform/graphql/request-context';

/** One call to one subgraph. */
export interface SubgraphRequest {
  /** The printed operation: also the key under which a link may keep what it prepared for it. */
  readonly query: string;
  readonly document: DocumentNode;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
  readonly signal?: AbortSignal;
  /**
   * Of a subscription: those who bring the same object are told the same of each event, which may be asked once for all of
   * them, and given to all as one object.
   */
  readonly share?: object;
}

/** A subgraph's answer: errors as they were thrown, or as they came over the wire. */
export type SubgraphResult = ExecutionResult | FormattedExecutionResult;

/** The way to one subgraph: in this process, or over HTTP and graphql-ws. The gateway knows nothing else of it. */
export interface Link {
  readonly name: string;
  /** The subgraph's federation SDL. */
  sdl(): Promise<string>;
  /**
   * Never throws for what the subgraph answers; fails with UNAVAILABLE when it cannot be reached. The answer is
   * the caller's own: it may be written into.
   */
  execute(request: SubgraphRequest): Promise<SubgraphResult>;
  /** Each result of the stream; fails as `execute` does. Returning the iterator releases the source at once. */
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<SubgraphResult>>;
  close(): Promise<void>;
}
