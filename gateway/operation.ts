import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { AppError } from '../platform/errors';
import { type CompiledSubscription, compilePlan, compileSubscription } from './compile';
import type { AnswerError } from './execution/answer';
import { applyConditions, conditionVariables } from './execution/conditions';
import { eventVariables } from './execution/event-variables';
import { selectIntrospection, selectReadable } from './execution/filter';
import { renameAliases } from './execution/gathered-keys';
import { compileProjection, type Project } from './execution/project';
import type { Step } from './execution/run';
import { asksBetween, splitMutation } from './execution/series';
import { compileVariableCheck } from './execution/variables';
import type { FormatError } from './format-error';
import type { PlanNode, Planner } from './plan';
import type { ActiveOverrides } from './planning/overrides';
import type { Supergraph } from './supergraph';

/** Says which fields a caller may read, by type and field name. */
export type MayRead = (typeName: string, fieldName: string) => boolean;

/** Why an operation cannot be run at all. */
export interface Refused {
  readonly errors: readonly AnswerError[];
}

export type Variables = Readonly<Record<string, unknown>>;

/** One operation of one validated document, for everyone with the same rights. */
export interface Operation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** What is asked with these variables, ready to run; or which of them are wrong. Never fails. */
  prepare(variables: Variables): PreparedOperation | Refused | Promise<PreparedOperation | Refused>;
}

/** What is asked when it is settled what `@skip` and `@include` leave of an operation. */
export interface PreparedOperation {
  /** Asks the subgraphs; `undefined` when none need be asked, and for subscriptions. */
  readonly step: Step | undefined;
  /** Where a subscription's events come from, and what is added to each. */
  readonly subscription: CompiledSubscription | undefined;
  /** What of the operation asks about the graph itself, as an operation of its own. */
  readonly introspection: DocumentNode | undefined;
  readonly project: Project;
  /** Of a subscription: the variables that decide what is told of each event. */
  readonly eventVariables: readonly string[];
}

export interface OperationOptions {
  readonly supergraph: Supergraph;
  readonly planner: Planner;
  /** What is active of labelled `@override`s, drawn for each request. */
  readonly drawOverrides: () => ActiveOverrides;
  readonly formatError: FormatError;
}

/** How many ways to leave things out are kept of one operation. */
const VARIANTS_KEPT = 32;

/** Makes an operation of a validated document. Throws BAD_USER_INPUT when there is no operation of that name. */
export function createOperation(
  document: DocumentNode,
  operationName: string | undefined,
  mayRead: MayRead,
  options: OperationOptions,
): Operation {
  const { supergraph, formatError } = options;
  const node = getOperation(document, operationName);
  const definitions = node.variableDefinitions ?? [];
  const conditions = conditionVariables(document);
  const isRight = compileVariableCheck(supergraph.schema, definitions);
  const variants = new LRUCache<string, PreparedOperation | Promise<PreparedOperation | Refused>>({
    max: VARIANTS_KEPT,
  });

  function prepareVariant(values: Variables): PreparedOperation | Promise<PreparedOperation | Refused> {
    const overrides = options.drawOverrides();
    const key = `${overrides.key} ${conditions.map((name) => (values[name] === true ? '1' : '0')).join('')}`;
    const known = variants.get(key);
    if (known) return known;
    const preparing = prepareOperation(applyConditions(document, values), node, mayRead, {
      ...options,
      overrides,
    }).then(
      (prepared) => {
        variants.set(key, prepared);
        return prepared;
      },
      (error: unknown): Refused => {
        variants.delete(key);
        return { errors: [formatError(error)] };
      },
    );
    variants.set(key, preparing);
    return preparing;
  }

  return {
    kind: node.operation,
    prepare(variables) {
      if (conditions.length === 0 && isRight(variables)) return prepareVariant({});
      const { coerced, errors } = getVariableValues(supergraph.schema, definitions, variables, { maxErrors: 20 });
      return errors ? { errors: errors.map(formatError) } : prepareVariant(coerced);
    },
  };
}

async function prepareOperation(
  document: DocumentNode,
  { operation: kind, name }: OperationDefinitionNode,
  mayRead: MayRead,
  { supergraph, planner, overrides }: OperationOptions & { readonly overrides: ActiveOverrides },
): Promise<PreparedOperation> {
  const { schema } = supergraph;
  const node = getOperation(document, name?.value);
  const rootType = schema.getRootType(kind) as GraphQLObjectType;
  const selected = selectReadable(document, node, schema, mayRead);
  const readable = selected && renameAliases(selected);
  const planOf = async (part: DocumentNode) => (await planner.plan(print(part), name?.value ?? null, overrides)).node;
  const plan = readable && (await planOf(readable));

  async function compileStep(whole: PlanNode): Promise<Step> {
    const parts = readable && kind === 'mutation' && asksBetween(whole) ? splitMutation(readable) : [];
    if (parts.length < 2) return compilePlan(whole, supergraph);
    const plans = (await Promise.all(parts.map(planOf))).filter((one) => one !== undefined);
    return compilePlan({ kind: 'Sequence', nodes: plans }, supergraph);
  }

  return {
    step: plan && kind !== 'subscription' ? await compileStep(plan) : undefined,
    subscription: plan && kind === 'subscription' ? compileSubscription(plan, supergraph) : undefined,
    introspection: selectIntrospection(document, node, schema),
    eventVariables: kind === 'subscription' ? eventVariables(document, node) : [],
    project: compileProjection({
      ...{ schema, rootType, selectionSet: node.selectionSet, mayRead },
      fragments: fragmentsOf(document),
    }),
  };
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((one): [string, FragmentDefinitionNode][] =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  );
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
