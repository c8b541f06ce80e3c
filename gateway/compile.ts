import { compileEntityFetch, compileRootFetch } from './execution/fetch';
import type { Step } from './execution/run';
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
    case 'Condition':
      return onCondition(node, supergraph);
  }
  throw new Error(`A plan with a ${node.kind} node cannot be run.`);
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

function onCondition({ condition, ifClause, elseClause }: PlanNode & { kind: 'Condition' }, on: Supergraph): Step {
  const whenTrue = ifClause && compilePlan(ifClause, on);
  const whenFalse = elseClause && compilePlan(elseClause, on);
  return (run) => (run.coerced[condition] === true ? whenTrue : whenFalse)?.(run);
}
