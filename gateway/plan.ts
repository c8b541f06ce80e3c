import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';
import { AppError } from '../platform/errors';
import { interfaceObjectsLast, toService } from './planning/graph-names';
import { requiresAsKeys } from './planning/requires-as-keys';

export type {
  EntityBatchAlias,
  FetchNode,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';

/** Turns an operation on the composed graph into the calls to subgraphs that answer it, aside from the event loop. */
export interface Planner {
  /**
   * The plan of one operation of a validated document. Plans depend on nothing else: keep them.
   * @param share 0–100: decides fields that are moved between subgraphs by percentage
   */
  plan(document: string, operationName?: string | null, share?: number): Promise<QueryPlan>;
  /** The percentages at which a plan may change, ascending; empty where no field is being moved so. */
  readonly shares: readonly number[];
}

const NO_LABELS = new Set<string>();

/** Hive's planner over a supergraph's SDL. Throws BAD_USER_INPUT when it cannot be read. */
export function createPlanner(supergraphSdl: string): Planner {
  const ordered = interfaceObjectsLast(supergraphSdl);
  const planner = open(ordered);
  let second: QueryPlanner | undefined;

  /** Operations that cannot be planned as they are, are planned over the same graph said in another way. */
  async function planAnew(
    document: string,
    operationName: string | null,
    share: number,
    cause: unknown,
  ): Promise<QueryPlan> {
    try {
      second ??= open(requiresAsKeys(ordered));
      return nameServices(await second.planAsync(document, operationName, NO_LABELS, share));
    } catch {
      throw new AppError('INTERNAL_SERVER_ERROR', 'This operation cannot be planned.', { cause });
    }
  }

  return {
    shares: [...planner.overridePercentages].sort((a, b) => a - b),
    async plan(document, operationName = null, share = 0) {
      try {
        const plan = await planner.planAsync(document, operationName, NO_LABELS, share);
        return ordered === supergraphSdl ? plan : nameServices(plan);
      } catch (cause) {
        return planAnew(document, operationName, share, cause);
      }
    },
  };
}

/** Names the subgraphs by their own names. */
function nameServices(plan: QueryPlan): QueryPlan {
  return JSON.parse(JSON.stringify(plan), (key, value: unknown) =>
    key === 'serviceName' && typeof value === 'string' ? toService(value) : value,
  );
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
