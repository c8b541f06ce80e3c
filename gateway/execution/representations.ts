import type { FetchRewrite, RequiresSelection } from '../plan';
import type { Supergraph } from '../supergraph';
import type { JsonObject } from './answer';
import { Failure } from './failure';
import { compileRewrites } from './rewrites';

/**
 * What an object is called in the subgraph that is asked about it. `undefined` when it has no key there; the failure
 * that took the key, when one did.
 */
export type Represent = (target: JsonObject) => JsonObject | Failure | undefined;

interface RequiredField {
  readonly from: string;
  readonly to: string;
  readonly isKey: boolean;
  readonly selections: readonly RequiresSelection[];
}

/** Compiles the selections of a plan's `requires`: key fields, and fields that the subgraph asks for beside them. */
export function compileRepresent(
  requires: readonly RequiresSelection[],
  inputRewrites: readonly FetchRewrite[] | undefined,
  service: string,
  supergraph: Supergraph,
): Represent {
  const fragments = requires.flatMap((selection) =>
    selection.kind === 'InlineFragment'
      ? [{ condition: selection.typeCondition, fields: toFields(selection, service, supergraph) }]
      : [],
  );
  const rewrite = compileRewrites(inputRewrites, supergraph);
  return (target) => {
    const representation: JsonObject = {};
    let matched = false;
    for (const { condition, fields } of fragments) {
      const typeName = typeof target.__typename === 'string' ? target.__typename : condition;
      if (!overlaps(typeName, condition, supergraph)) continue;
      representation.__typename = typeName;
      const missing = write(representation, target, fields, supergraph);
      if (missing) return missing === true ? undefined : missing;
      matched = true;
    }
    if (!matched) return undefined;
    rewrite?.(representation);
    return representation;
  };
}

function toFields(
  { typeCondition, selections }: Extract<RequiresSelection, { kind: 'InlineFragment' }>,
  service: string,
  supergraph: Supergraph,
): readonly RequiredField[] {
  const keys = supergraph.keyFields(service, typeCondition);
  return selections.flatMap((selection) => {
    if (selection.kind !== 'Field' || selection.name === '__typename') return [];
    const to = selection.alias ?? selection.name;
    return [{ from: selection.name, to, isKey: keys.has(to), selections: selection.selections ?? [] }];
  });
}

/** Writes what `fields` name. Answers what took a key away: a failure, or `true` for its plain absence. */
function write(
  representation: JsonObject,
  target: JsonObject,
  fields: readonly RequiredField[],
  supergraph: Supergraph,
): Failure | true | undefined {
  for (const { from, to, isKey, selections } of fields) {
    const value = target[from] === undefined ? target[to] : target[from];
    if (isKey && value instanceof Failure) return value;
    if (isKey && (value === undefined || value === null)) return true;
    representation[to] = pick(value, selections, supergraph);
  }
  return undefined;
}

function pick(value: unknown, selections: readonly RequiresSelection[], supergraph: Supergraph): unknown {
  if (value === undefined || value instanceof Failure) return null;
  if (typeof value !== 'object' || value === null || selections.length === 0) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => pick(item, selections, supergraph));
  const picked: JsonObject = {};
  const { __typename: typeName } = value as JsonObject;
  if (typeof typeName === 'string') picked.__typename = typeName;
  // An object of which nothing is asked, because it is of another type, is nothing.
  return pickInto(picked, value as JsonObject, selections, supergraph) ? picked : null;
}

/** Writes what the selections name; true when they name anything of this object. */
function pickInto(
  picked: JsonObject,
  value: JsonObject,
  selections: readonly RequiresSelection[],
  supergraph: Supergraph,
): boolean {
  let any = false;
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      any = true;
      if (selection.name === '__typename') continue;
      const to = selection.alias ?? selection.name;
      const found = value[selection.name] === undefined ? value[to] : value[selection.name];
      picked[to] = pick(found, selection.selections ?? [], supergraph);
    } else if (selection.kind === 'InlineFragment') {
      const typeName = value.__typename;
      if (typeof typeName === 'string' && !overlaps(typeName, selection.typeCondition, supergraph)) continue;
      if (pickInto(picked, value, selection.selections, supergraph)) any = true;
    }
  }
  return any;
}

function overlaps(typeName: string, condition: string, { isPossible }: Supergraph): boolean {
  return isPossible(typeName, condition) || isPossible(condition, typeName);
}
