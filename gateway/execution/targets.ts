import type { FlattenNodePathSegment } from '../plan';
import type { Supergraph } from '../supergraph';
import type { JsonObject } from './answer';
import { Failure } from './failure';

/** Finds the objects at one path of the gathered data and hands each to `found`. */
export type FindTargets = (data: unknown, found: (target: JsonObject) => void) => void;

/** Compiles a plan's path: fields, lists of any depth, and types that an object must be of. */
export function compilePath(
  path: readonly FlattenNodePathSegment[],
  supergraph: Pick<Supergraph, 'isPossible'>,
  depth = 0,
): FindTargets {
  const part = path[depth];
  if (part === undefined) return visitObjects;
  const next = compilePath(path, supergraph, depth + 1);
  if (part === '@') return (value, found) => visitItems(value, next, found);
  if ('Field' in part) {
    const key = part.Field;
    return (value, found) => {
      if (isObject(value)) next(value[key], found);
    };
  }
  const conditions = part.TypeCondition;
  return (value, found) => {
    if (isObject(value) && fits(value.__typename, conditions, supergraph)) next(value, found);
  };
}

function fits(
  typeName: unknown,
  conditions: readonly string[],
  { isPossible }: Pick<Supergraph, 'isPossible'>,
): boolean {
  return typeof typeName !== 'string' || conditions.some((condition) => isPossible(typeName, condition));
}

const visitObjects: FindTargets = (value, found) => {
  if (isObject(value)) found(value);
  else if (Array.isArray(value)) visitItems(value, visitObjects, found);
};

function visitItems(value: unknown, next: FindTargets, found: (target: JsonObject) => void): void {
  if (!Array.isArray(value)) return;
  for (const item of value) {
    if (Array.isArray(item)) visitItems(item, next, found);
    else next(item, found);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Failure);
}
