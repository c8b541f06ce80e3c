import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { JsonObject } from './answer';
import { Failure } from './failure';

/** The fields of a call's answer by response key, whatever type they are on; leaves have no shape of their own. */
export interface Shape {
  readonly keys: readonly string[];
  readonly children: readonly (Shape | undefined)[];
}

/** Tells object types from interfaces and unions, by name. */
export type IsObject = (typeName: string) => boolean;

interface Draft {
  readonly fields: Map<string, Draft | undefined>;
}

/** Where a subgraph's response key goes by another name in the answer. Types on the way are left out. */
export interface Renamed {
  readonly path: readonly string[];
  readonly to: string;
}

/** The shape of what an operation answers. */
export function shapeOf(document: DocumentNode, renames: readonly Renamed[] = [], below?: string): Shape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition;
  }
  const root: Draft = { fields: new Map() };
  if (operation) gather(operation.selectionSet, root, fragments);
  const start = below === undefined ? root : (root.fields.get(below) ?? { fields: new Map() });
  for (const renamed of renames) addRenamed(start, renamed);
  return finish(start);
}

function gather(
  { selections }: SelectionSetNode,
  draft: Draft,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      if (!selection.selectionSet) {
        draft.fields.set(key, undefined);
        continue;
      }
      const child = draft.fields.get(key) ?? { fields: new Map() };
      draft.fields.set(key, child);
      gather(selection.selectionSet, child, fragments);
      continue;
    }
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    if (inner) gather(inner.selectionSet, draft, fragments);
  }
}

function addRenamed(start: Draft, { path, to }: Renamed): void {
  let at: Draft | undefined = start;
  for (const key of path.slice(0, -1)) at = at?.fields.get(key);
  const key = path.at(-1);
  if (at && key !== undefined && at.fields.has(key)) {
    at.fields.set(to, at.fields.get(key));
    at.fields.delete(key);
  }
}

function finish({ fields }: Draft): Shape {
  return { keys: [...fields.keys()], children: [...fields.values()].map((child) => child && finish(child)) };
}

/**
 * Writes a subgraph's `source` into `target`. What is there stays where the source has nothing; sub-objects are taken
 * as they are, or copied when `copy`, because another place of the answer holds them too.
 */
export function mergeInto(
  target: JsonObject,
  source: JsonObject,
  shape: Shape,
  isObject: IsObject,
  copy: boolean,
): void {
  const { keys, children } = shape;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const value = source[key];
    if (value === undefined) continue;
    const present = target[key];
    if (present === undefined || present === null || present instanceof Failure) {
      const child = children[index];
      target[key] = copy && child ? copyValue(value, child) : value;
    } else if (value !== null && !(value instanceof Failure)) {
      target[key] = mergeValue(present, value, key, children[index], isObject, copy);
    }
  }
}

function mergeValue(
  present: unknown,
  value: unknown,
  key: string,
  shape: Shape | undefined,
  isObject: IsObject,
  copy: boolean,
): unknown {
  // An interface object's subgraph knows only the interface's name: the concrete one stays.
  if (key === '__typename') return isObject(value as string) ? value : present;
  if (!shape) return value;
  if (Array.isArray(present) && Array.isArray(value)) {
    return present.map((item: unknown, at) => {
      const other: unknown = value[at];
      if (other === undefined || other === null || other instanceof Failure) return item;
      if (item === null || item instanceof Failure) return copy ? copyValue(other, shape) : other;
      return mergeValue(item, other, '', shape, isObject, copy);
    });
  }
  mergeInto(present as JsonObject, value as JsonObject, shape, isObject, copy);
  return present;
}

function copyValue(value: unknown, shape: Shape): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Failure) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => copyValue(item, shape));
  const copied: JsonObject = {};
  for (let index = 0; index < shape.keys.length; index++) {
    const key = shape.keys[index] as string;
    const item = (value as JsonObject)[key];
    const child = shape.children[index];
    if (item !== undefined) copied[key] = child ? copyValue(item, child) : item;
  }
  return copied;
}
