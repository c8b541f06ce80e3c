import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';
import { AppError } from '../platform/errors';

export type {
  EntityBatchAlias,
  FetchNode,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';

/** Turns an operation on the composed graph into the calls to subgraphs that answer it. */
export interface Planner {
  /**
   * The plan of one operation of a validated document. Plans depend on nothing else: keep them.
   * @param share 0–100: decides fields that are moved between subgraphs by percentage
   */
  plan(document: string, operationName: string | undefined, share?: number): QueryPlan;
  /** The percentages at which a plan may change, ascending; empty where no field is being moved so. */
  readonly shares: readonly number[];
}

const NO_LABELS: ReadonlySet<string> = new Set();

/** Hive's planner over a supergraph's SDL. Throws BAD_USER_INPUT when it cannot be read. */
export function createPlanner(supergraphSdl: string): Planner {
  const planner = open(supergraphSdl);
  return {
    shares: [...planner.overridePercentages].sort((a, b) => a - b),
    plan(document, operationName, share = 0) {
      try {
        return planner.plan(document, operationName ?? null, NO_LABELS as Set<string>, share);
      } catch (cause) {
        throw new AppError('INTERNAL_SERVER_ERROR', 'This operation cannot be planned.', { cause });
      }
    },
  };
}

function open(supergraphSdl: string): QueryPlanner {
  try {
    return new QueryPlanner(supergraphSdl);
  } catch (cause) {
    throw new AppError('BAD_USER_INPUT', `The supergraph cannot be planned over: ${(cause as Error).message}`, {
      cause,
    });
  }
}
