import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { type AnswerError, type JsonObject, toAnswerError } from './answer';
import { Failure } from './failure';
import { gatheredKey } from './gathered-keys';
import { compileIsPlain, compileLeaf } from './leaf';
import { type Applies, collectFields } from './selections';
import { type Complete, FAILED, fail, NULLED, notAn, report, type Walk } from './walk';

/** What a projection is compiled from: the caller's own operation over what callers may see. */
export interface ProjectionSource {
  readonly schema: GraphQLSchema;
  readonly rootType: GraphQLObjectType;
  readonly selectionSet: SelectionSetNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** False for fields that the caller has no right to. */
  mayRead(typeName: string, fieldName: string): boolean;
}

/** What a projection gives: the answer's data, null where null had to go up to the root, and the errors it met. */
export interface Projected {
  readonly data: JsonObject | null;
  readonly errors: readonly AnswerError[];
}

/** Turns gathered data into the caller's answer. */
export type Project = (data: JsonObject) => Projected;

/** Compiles the caller's selections into one function over gathered data: null goes up as the specification says. */
export function compileProjection(source: ProjectionSource): Project {
  const { rootType, selectionSet } = source;
  const complete = compileObject(rootType, [selectionSet], source, undefined);
  return (data) => {
    const walk: Walk = { errors: [], path: [] };
    const projected = complete(data, walk, 0);
    return { data: projected === FAILED ? null : (projected as JsonObject), errors: walk.errors };
  };
}

interface CompiledField {
  readonly key: string;
  /** The key under which the value was gathered. */
  readonly from: string;
  readonly complete: Complete;
}

function compileObject(
  type: GraphQLCompositeType,
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
  parent: FieldNode | undefined,
): Complete {
  const fields = compileFields(type, selections, source);
  return (value, walk, depth) => {
    if (typeof value !== 'object' || Array.isArray(value)) return fail(walk, depth, parent, notAn('object', value));
    const answer: JsonObject = {};
    for (let index = 0; index < fields.length; index++) {
      const { key, from, complete } = fields[index] as CompiledField;
      walk.path[depth] = key;
      const completed = complete((value as JsonObject)[from], walk, depth + 1);
      if (completed === NULLED) return FAILED;
      answer[key] = completed === FAILED ? null : completed;
    }
    return answer;
  };
}

function compileFields(
  type: GraphQLCompositeType,
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
): readonly CompiledField[] {
  const collected = collectFields(selections, appliesTo(type, source.schema), source.fragments);
  return [...collected].flatMap(([key, nodes]) => {
    const complete = compileField(type, nodes, source);
    const [node] = nodes;
    return complete && node ? [{ key, from: isAboutGraph(node) ? key : gatheredKey(node), complete }] : [];
  });
}

function appliesTo(type: GraphQLCompositeType, schema: GraphQLSchema): Applies {
  return (condition) => {
    if (condition === type.name) return true;
    const other = schema.getType(condition);
    if (!isAbstractType(other)) return false;
    return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(other, type);
  };
}

function compileField(
  type: GraphQLCompositeType,
  nodes: readonly FieldNode[],
  source: ProjectionSource,
): Complete | undefined {
  const [node] = nodes;
  if (!node) return undefined;
  const name = node.name.value;
  if (name === '__typename') return isObjectType(type) ? () => type.name : completeTypeName;
  if (type === source.schema.getQueryType() && isAboutGraph(node)) return passThrough;
  const field = (type as GraphQLObjectType).getFields()[name] as GraphQLField<unknown, unknown> | undefined;
  if (!field) return undefined;
  if (!source.mayRead(type.name, name)) return compileForbidden(field, type.name, node);
  const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const complete = compileType(field.type, selections, source, node);
  return shorten(field.type, isNonNullType(field.type) ? forbidNull(complete, `${type.name}.${name}`, node) : complete);
}

/** Takes the values of leaves as they are, where nothing needs to be done about them. */
function shorten(type: GraphQLOutputType, complete: Complete): Complete {
  const nullable = getNullableType(type);
  if (!isLeafType(nullable)) return complete;
  const isPlain = compileIsPlain(nullable);
  return (value, walk, depth) => (isPlain(value) ? value : complete(value, walk, depth));
}

/** What the gateway answers about the graph itself is not gathered from subgraphs. */
function isAboutGraph({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}

const completeTypeName: Complete = (value) => value ?? null;
const passThrough: Complete = (value) => value ?? null;

function compileForbidden(field: GraphQLField<unknown, unknown>, typeName: string, node: FieldNode): Complete {
  const message = `This key has no right to ${typeName}.${field.name}.`;
  const outcome = isNonNullType(field.type) ? NULLED : FAILED;
  return (_, walk, depth) => {
    walk.errors.push(toAnswerError(message, { code: 'FORBIDDEN' }, walk.path.slice(0, depth), node));
    return outcome;
  };
}

/** Completes a value of a nullable or non-null type, without the check that non-null asks for. */
function compileType(
  type: GraphQLOutputType,
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
  node: FieldNode,
): Complete {
  if (isNonNullType(type)) return compileType(type.ofType, selections, source, node);
  const present = compilePresent(type, selections, source, node);
  return (value, walk, depth) => {
    if (value === null || value === undefined) return null;
    return value instanceof Failure ? report(value, walk, depth, node) : present(value, walk, depth);
  };
}

function compilePresent(
  type: GraphQLOutputType,
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
  node: FieldNode,
): Complete {
  if (isListType(type)) return compileList(type.ofType, selections, source, node);
  if (isObjectType(type)) return compileObject(type, selections, source, node);
  if (isAbstractType(type)) return compileAbstract(type, selections, source, node);
  if (!isLeafType(type)) throw new Error(`A field cannot answer with a ${type}.`);
  const completeLeaf = compileLeaf(type);
  return (value, walk, depth) => {
    try {
      return completeLeaf(value);
    } catch (error) {
      return fail(walk, depth, node, (error as Error).message);
    }
  };
}

function compileList(
  type: GraphQLOutputType,
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
  node: FieldNode,
): Complete {
  const completeOne = compileType(type, selections, source, node);
  const complete = shorten(type, isNonNullType(type) ? forbidNull(completeOne, node.name.value, node) : completeOne);
  return (value, walk, depth) => {
    if (!Array.isArray(value)) return fail(walk, depth, node, notAn('list', value));
    const answer: unknown[] = new Array(value.length);
    for (let index = 0; index < value.length; index++) {
      walk.path[depth] = index;
      const completed = complete(value[index], walk, depth + 1);
      if (completed === NULLED) return FAILED;
      answer[index] = completed === FAILED ? null : completed;
    }
    return answer;
  };
}

/** Chooses by the object's own type; one that callers may not see is no value. */
function compileAbstract(
  type: GraphQLCompositeType & { readonly name: string },
  selections: readonly SelectionSetNode[],
  source: ProjectionSource,
  node: FieldNode,
): Complete {
  const { schema } = source;
  const byType = new Map<string, Complete>();
  const compileFor = (typeName: string): Complete => {
    const known = schema.getType(typeName);
    if (known === type) return compileObject(type, selections, source, node);
    const possible = isAbstractType(type) && isObjectType(known) && schema.isSubType(type, known);
    return possible ? compileObject(known, selections, source, node) : () => null;
  };
  return (value, walk, depth) => {
    const { __typename: typeName } = value as { readonly __typename?: unknown };
    const name = typeof typeName === 'string' ? typeName : type.name;
    let complete = byType.get(name);
    if (!complete) {
      complete = compileFor(name);
      if (schema.getType(name)) byType.set(name, complete);
    }
    return complete(value, walk, depth);
  };
}

function forbidNull(complete: Complete, what: string, node: FieldNode): Complete {
  return (value, walk, depth) => {
    const completed = complete(value, walk, depth);
    if (completed === null) fail(walk, depth, node, `Cannot return null for non-nullable field ${what}.`);
    return completed === null || completed === FAILED ? NULLED : completed;
  };
}
