import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';
import { AppError } from '../platform/errors';
import { interfaceObjectsLast, toService } from './planning/graph-names';
import type { ActiveOverrides } from './planning/overrides';
import { markRequiredExternals } from './planning/required-externals';
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
  /** The plan of one operation of a validated document. Plans depend on nothing else: keep them. */
  plan(document: string, operationName: string | null, overrides: ActiveOverrides): Promise<QueryPlan>;
  /** What the graph has of labels of `@override`: the numbers of `percent(…)`, and the others. */
  readonly overrides: { readonly percentages: readonly number[]; readonly labels: readonly string[] };
}

/**
 * Hive's planner over a supergraph's SDL. Throws BAD_USER_INPUT when it cannot be read. What cannot be planned with
 * requirements said as keys is planned as the supergraph says it: each way knows operations that the other does not.
 */
export function createPlanner(supergraphSdl: string): Planner {
  const said = interfaceObjectsLast(markRequiredExternals(supergraphSdl));
  const planner = open(requiresAsKeys(said));
  let plain: QueryPlanner | undefined;
  return {
    overrides: { percentages: planner.overridePercentages, labels: planner.overrideLabels },
    async plan(document, operationName, { labels, percentage }) {
      const planWith = (one: QueryPlanner) => one.planAsync(document, operationName, new Set(labels), percentage);
      try {
        const plan = await planWith(planner).catch(() => {
          plain ??= open(said);
          return planWith(plain);
        });
        return nameServices(plan);
      } catch (cause) {
        throw new AppError('INTERNAL_SERVER_ERROR', 'This operation cannot be planned.', { cause });
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
