import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { AppError } from '../platform/errors';
import { type CompiledSubscription, compilePlan, compileSubscription } from './compile';
import { selectIntrospection, selectReadable } from './execution/filter';
import { compileProjection, type Project } from './execution/project';
import type { Step } from './execution/run';
import { asksBetween, splitMutation } from './execution/series';
import type { PlanNode, Planner } from './plan';
import type { Supergraph } from './supergraph';

/** Says which fields a caller may read, by type and field name. */
export type MayRead = (typeName: string, fieldName: string) => boolean;

/** One operation of one document, made ready once for everyone with the same rights. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Asks the subgraphs; `undefined` when none need be asked, and for subscriptions. */
  readonly step: Step | undefined;
  /** Where a subscription's events come from, and what is added to each. */
  readonly subscription: CompiledSubscription | undefined;
  /** What of the operation asks about the graph itself, as an operation of its own. */
  readonly introspection: DocumentNode | undefined;
  readonly project: Project;
}

/** Makes an operation of a validated document ready. Throws BAD_USER_INPUT when there is no operation of that name. */
export function prepareOperation(
  document: DocumentNode,
  operationName: string | undefined,
  mayRead: MayRead,
  { supergraph, planner }: { readonly supergraph: Supergraph; readonly planner: Planner },
): PreparedOperation {
  const { schema } = supergraph;
  const operation = getOperation(document, operationName);
  const rootType = schema.getRootType(operation.operation) as GraphQLObjectType;
  const name = operation.name?.value;
  const fragments = new Map(
    document.definitions.flatMap((one): [string, FragmentDefinitionNode][] =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  );
  const readable = selectReadable(document, operation, schema, mayRead);
  const planOf = (part: DocumentNode) => planner.plan(print(part), name).node;
  const plan = readable && planOf(readable);
  const isStream = operation.operation === 'subscription';
  function compileStep(whole: PlanNode): Step {
    const inSeries = readable && operation.operation === 'mutation' && asksBetween(whole);
    const parts = inSeries ? splitMutation(readable) : [];
    if (parts.length < 2) return compilePlan(whole, supergraph);
    const plans = parts.map(planOf).filter((one) => one !== undefined);
    return compilePlan({ kind: 'Sequence', nodes: plans }, supergraph);
  }

  return {
    document,
    operation,
    kind: operation.operation,
    step: plan && !isStream ? compileStep(plan) : undefined,
    subscription: plan && isStream ? compileSubscription(plan, supergraph) : undefined,
    introspection: selectIntrospection(document, operation, schema),
    project: compileProjection({ schema, rootType, selectionSet: operation.selectionSet, fragments, mayRead }),
  };
}

function getOperation(document: DocumentNode, operationName: string | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, operationName);
  if (operation) return operation;
  throw new AppError(
    'BAD_USER_INPUT',
    operationName === undefined
      ? 'The document holds several operations: operationName must say which is meant.'
      : `The document holds no operation named ${JSON.stringify(operationName)}.`,
  );
}
