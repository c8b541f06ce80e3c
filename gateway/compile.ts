import { compileCall, compileEntityFetch, compileRootFetch, compileRootWrite } from './execution/fetch';
import type { Call, Run, Step } from './execution/run';
import type { FetchNode, FlattenNodePathSegment, PlanNode } from './plan';
import type { Supergraph } from './supergraph';

/** Compiles a plan once into one step that runs it. */
export function compilePlan(node: PlanNode, supergraph: Supergraph): Step {
  switch (node.kind) {
    case 'Fetch':
      return compileFetch(node, [], supergraph);
    case 'BatchFetch':
      return compileEntityFetch(node, node.entityBatch.aliases, supergraph);
    case 'Flatten':
      if (node.node.kind !== 'Fetch') break;
      return compileFetch(node.node, node.path, supergraph);
    case 'Sequence':
      return inSeries(node.nodes.map((one) => compilePlan(one, supergraph)));
    case 'Parallel':
      return atOnce(node.nodes.map((one) => compilePlan(one, supergraph)));
  }
  throw new Error(`A plan with a ${node.kind} node cannot be run.`);
}

/** Where a subscription's events come from, how each is written down, and what is asked of others about it. */
export interface CompiledSubscription {
  readonly service: string;
  readonly call: (run: Pick<Run, 'variables'>) => Call;
  readonly write: ReturnType<typeof compileRootWrite>;
  readonly complete: Step | undefined;
}

/** Compiles the plan of a subscription: its source first, then the same steps for every event. */
export function compileSubscription(node: PlanNode, supergraph: Supergraph): CompiledSubscription {
  const [source, ...rest] = node.kind === 'Sequence' ? node.nodes : [node];
  if (source?.kind !== 'Subscription') throw new Error('The plan of a subscription must begin with its source.');
  const { primary } = source;
  return {
    service: primary.serviceName,
    call: compileCall(primary),
    write: compileRootWrite(primary, supergraph),
    complete: rest.length > 0 ? inSeries(rest.map((one) => compilePlan(one, supergraph))) : undefined,
  };
}

function compileFetch(node: FetchNode, path: readonly FlattenNodePathSegment[], supergraph: Supergraph): Step {
  const { requires, inputRewrites, outputRewrites } = node;
  if (!requires || requires.length === 0) return compileRootFetch(node, supergraph, path);
  const alias = {
    alias: '_entities',
    representationsVariableName: 'representations',
    paths: [[...path]],
    requires,
    ...(inputRewrites && { inputRewrites }),
    ...(outputRewrites && { outputRewrites }),
  };
  return compileEntityFetch(node, [alias], supergraph);
}

function inSeries(steps: readonly Step[]): Step {
  const [only] = steps;
  if (only && steps.length === 1) return only;
  return async (run) => {
    for (const step of steps) await step(run);
  };
}

function atOnce(steps: readonly Step[]): Step {
  return async (run) => {
    await Promise.all(steps.map((step) => step(run)));
  };
}
