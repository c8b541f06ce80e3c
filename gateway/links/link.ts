import type { DocumentNode, ExecutionResult } from 'graphql';
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
}

/** The way to one subgraph: in this process, or over HTTP and graphql-ws. The gateway knows nothing else of it. */
export interface Link {
  readonly name: string;
  /** The subgraph's federation SDL. */
  sdl(): Promise<string>;
  /** Never throws for what the subgraph answers; fails with UNAVAILABLE when it cannot be reached. */
  execute(request: SubgraphRequest): Promise<ExecutionResult>;
  /** Each result of the stream; fails as `execute` does. Returning the iterator releases the source. */
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult>>;
  close(): Promise<void>;
}
