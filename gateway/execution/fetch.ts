import { parse } from 'graphql';
import type { EntityBatchAlias, FetchNode, FlattenNodePathSegment } from '../plan';
import type { Supergraph } from '../supergraph';
import type { JsonObject, PathPart } from './answer';
import { type Cause, Failure, placeFailure, spreadFailure, toCause } from './failure';
import { compileRepresent, type Represent } from './representations';
import { compileRewrites, type Rewrite, renamesOf } from './rewrites';
import type { Call, Called, Run, Step } from './run';
import { mergeInto, type Shape, shapeOf } from './shape';
import { compilePath, type FindTargets } from './targets';

/** What the two kinds of fetch have in common. */
type Fetch = Pick<FetchNode, 'serviceName' | 'variableUsages' | 'operation'>;

/** A call for root fields. Its answer goes to the root, or to every object at `path`. */
export function compileRootFetch(
  node: FetchNode,
  supergraph: Supergraph,
  path: readonly FlattenNodePathSegment[] = [],
): Step {
  const call = compileCall(node);
  const write = compileRootWrite(node, supergraph);
  const findTargets = compilePath(path, supergraph);
  return async (run) => {
    const targets = collect([findTargets], run.data);
    if (targets.length > 0) write(run, await run.call(node.serviceName, call(run)), targets);
  };
}

/** Writes the answer to a call for root fields into each of `targets`. */
export function compileRootWrite(
  node: FetchNode,
  supergraph: Supergraph,
): (run: Run, result: Called, targets: readonly JsonObject[]) => void {
  const document = parse(node.operation, { noLocation: true });
  const shape = shapeOf(document, renamesOf(node.outputRewrites));
  const rewrite = compileRewrites(node.outputRewrites, supergraph);
  return (run, result, targets) => {
    const data = (result.data ?? undefined) as JsonObject | undefined;
    const whole = takeErrors(run, result, node.serviceName, data);
    rewrite?.(data);
    targets.forEach((target, index) => {
      if (data) mergeInto(target, data, shape, supergraph.isObject, index > 0);
      else if (whole) spreadFailure(target, shape.keys, whole);
    });
  };
}

interface EntityCall {
  readonly alias: string;
  readonly variable: string;
  readonly find: readonly FindTargets[];
  readonly represent: Represent;
  readonly rewrite: Rewrite | undefined;
  readonly shape: Shape;
}

/** A call for what a subgraph knows of objects that others found: each object once, all in one call. */
export function compileEntityFetch(node: Fetch, batch: readonly EntityBatchAlias[], supergraph: Supergraph): Step {
  const call = compileCall(node);
  const document = parse(node.operation, { noLocation: true });
  const calls = batch.map(
    (one): EntityCall => ({
      alias: one.alias,
      variable: one.representationsVariableName,
      find: one.paths.map((path) => compilePath(path, supergraph)),
      represent: compileRepresent(one.requires, one.inputRewrites, node.serviceName, supergraph),
      rewrite: compileRewrites(one.outputRewrites, supergraph),
      shape: shapeOf(document, renamesOf(one.outputRewrites), one.alias),
    }),
  );
  return (run) => {
    const gathered = calls.map((one) => gather(one, run.data));
    if (gathered.every(({ representations }) => representations.length === 0)) return undefined;
    return ask(run, gathered);
  };

  async function ask(run: Run, gathered: readonly Gathered[]): Promise<void> {
    const request = call(run);
    const variables = { ...request.variables };
    calls.forEach(({ variable }, index) => {
      variables[variable] = gathered[index]?.representations;
    });
    const result = await run.call(node.serviceName, { ...request, variables });
    const data = (result.data ?? {}) as JsonObject;
    const whole = takeErrors(run, result, node.serviceName, data);
    calls.forEach((one, index) => {
      const { holders } = gathered[index] as Gathered;
      writeEntities(one, holders, data[one.alias], whole);
    });
  }

  function writeEntities(
    { rewrite, shape }: EntityCall,
    holders: readonly (readonly JsonObject[])[],
    entities: unknown,
    whole: Failure | undefined,
  ): void {
    holders.forEach((targets, index) => {
      const entity: unknown = Array.isArray(entities) ? entities[index] : (entities ?? whole);
      if (entity instanceof Failure) for (const target of targets) spreadFailure(target, shape.keys, entity);
      if (typeof entity !== 'object' || entity === null || entity instanceof Failure) return;
      rewrite?.(entity);
      targets.forEach((target, at) => {
        mergeInto(target, entity as JsonObject, shape, supergraph.isObject, at > 0);
      });
    });
  }
}

interface Gathered {
  readonly representations: readonly JsonObject[];
  /** For each representation, the objects of the answer that it stands for. */
  readonly holders: readonly (readonly JsonObject[])[];
}

function gather({ find, represent, shape }: EntityCall, data: JsonObject): Gathered {
  const targets = collect(find, data);
  const [only] = targets;
  if (only && targets.length === 1) return gatherOne(represent(only), only, shape);
  const representations: JsonObject[] = [];
  const holders: JsonObject[][] = [];
  const known = new Map<string, JsonObject[]>();
  for (const target of targets) {
    const representation = represent(target);
    if (representation instanceof Failure) spreadFailure(target, shape.keys, withoutRest(representation));
    if (representation === undefined || representation instanceof Failure) continue;
    const key = JSON.stringify(representation);
    const held = known.get(key);
    if (held) {
      held.push(target);
      continue;
    }
    const holder = [target];
    known.set(key, holder);
    holders.push(holder);
    representations.push(representation);
  }
  return { representations, holders };
}

function gatherOne(representation: ReturnType<Represent>, target: JsonObject, { keys }: Shape): Gathered {
  if (representation instanceof Failure) spreadFailure(target, keys, withoutRest(representation));
  if (representation === undefined || representation instanceof Failure) return NOTHING;
  return { representations: [representation], holders: [[target]] };
}

const NOTHING: Gathered = { representations: [], holders: [] };

function collect(find: readonly FindTargets[], data: JsonObject): JsonObject[] {
  const targets: JsonObject[] = [];
  for (const one of find) one(data, (target) => targets.push(target));
  return targets;
}

function withoutRest({ reasons }: Failure): Failure {
  return new Failure(reasons.map(({ cause }) => ({ cause, rest: [] })));
}

/** What a fetch asks, with the variables that it uses. */
export function compileCall({ operation, variableUsages = [] }: Fetch): (run: Pick<Run, 'variables'>) => Call {
  const document = parse(operation, { noLocation: true });
  return ({ variables }) => {
    const used: Record<string, unknown> = {};
    for (const name of variableUsages) if (name in variables) used[name] = variables[name];
    return { query: operation, document, variables: used };
  };
}

/** Puts each error where it belongs in `data`. What belongs nowhere is answered as one failure of the whole. */
function takeErrors(
  run: Run,
  { errors = [] }: Called,
  service: string,
  data: JsonObject | undefined,
): Failure | undefined {
  const left: { readonly cause: Cause; readonly rest: readonly PathPart[] }[] = [];
  for (const error of errors) {
    const cause = toCause(error, service);
    run.causes.push(cause);
    if (!data || !error.path || !placeFailure(data, error.path, cause)) left.push({ cause, rest: error.path ?? [] });
  }
  return left.length > 0 ? new Failure(left) : undefined;
}
