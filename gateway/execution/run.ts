import type { RequestContext } from '../../platform/graphql/request-context';
import type { SubgraphRequest } from '../links/link';
import type { AnswerError, JsonObject } from './answer';
import type { Cause } from './failure';

/** What a call to a subgraph says; the run adds who asks. */
export type Call = Pick<SubgraphRequest, 'query' | 'document' | 'variables'>;

/** What a subgraph said, its errors in the form that callers see. */
export interface Called {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
}

/** One operation under way: what was gathered so far, and the means to gather more. */
export interface Run {
  /** What the subgraphs answered, under the caller's response keys, with failures in the place of what is missing. */
  readonly data: JsonObject;
  /** The variables as they were sent: each subgraph parses its own. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
  /** Everything that went wrong. */
  readonly causes: Cause[];
  /** Asks a subgraph. Never fails: what goes wrong on the way is an error in the result. */
  call(service: string, call: Call): Promise<Called>;
}

/** One compiled step of a plan. Never fails. */
export type Step = (run: Run) => Promise<void> | undefined;
