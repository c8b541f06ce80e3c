import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

type MayRead = (typeName: string, fieldName: string) => boolean;

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/**
 * The part of an operation that subgraphs are asked for: without fields that the caller may not read, and without what
 * the gateway answers by itself. `undefined` when nothing is left.
 */
export function selectReadable(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  mayRead: MayRead,
): DocumentNode | undefined {
  const root = schema.getRootType(operation.operation);
  if (!root) return undefined;
  const keep = (type: GraphQLCompositeType, name: string): boolean =>
    type === root && isOwn(name) ? false : name.startsWith('__') || isReadable(type, name, schema, mayRead);
  return rebuild(document, operation, schema, keep);
}

/** The part of an operation that asks about the graph itself; `undefined` when none does. */
export function selectIntrospection(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): DocumentNode | undefined {
  const root = schema.getQueryType();
  const keep = (type: GraphQLCompositeType, name: string): boolean =>
    type !== root || name === '__schema' || name === '__type';
  return operation.operation === 'query' ? rebuild(document, operation, schema, keep, (set) => set) : undefined;
}

function isOwn(name: string): boolean {
  return name === '__typename' || name === '__schema' || name === '__type';
}

/** On an interface, a field may be read when it may be on each type that can stand there. */
function isReadable(type: GraphQLCompositeType, name: string, schema: GraphQLSchema, mayRead: MayRead): boolean {
  if (!isAbstractType(type)) return mayRead(type.name, name);
  return schema.getPossibleTypes(type).every((possible) => mayRead(possible.name, name));
}

/** What `__schema` and `__type` lead to: no type lists them among its fields. */
function introspectionType(name: string, schema: GraphQLSchema): GraphQLNamedType | undefined {
  const names: Readonly<Record<string, string>> = { __schema: '__Schema', __type: '__Type' };
  return schema.getType(names[name] ?? '');
}

/** Where all that is asked may turn out not to apply, the object is still there: its type is asked for. */
function neverEmpty(set: SelectionSetNode): SelectionSetNode {
  const always = set.selections.some(({ kind, directives = [] }) => kind === Kind.FIELD && directives.length === 0);
  return always ? set : { ...set, selections: [TYPENAME, ...set.selections] };
}

function rebuild(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  keep: (type: GraphQLCompositeType, field: string) => boolean,
  complete: (set: SelectionSetNode) => SelectionSetNode = neverEmpty,
): DocumentNode | undefined {
  const root = schema.getRootType(operation.operation);
  const fragments = new Map(
    document.definitions.flatMap((one): [string, FragmentDefinitionNode][] =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  );
  const rebuilt = new Map<string, FragmentDefinitionNode | undefined>();
  if (!root) return undefined;

  const selectFrom = (set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode | undefined => {
    const selections = set.selections.map((one) => selectOne(one, type)).filter((one) => one !== undefined);
    return selections.length > 0 ? { ...set, selections } : undefined;
  };

  const selectOne = (selection: SelectionNode, type: GraphQLCompositeType): SelectionNode | undefined => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return selectFragment(selection.name.value) && selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type;
      const selectionSet = isCompositeType(condition) && selectFrom(selection.selectionSet, condition);
      return selectionSet ? { ...selection, selectionSet } : undefined;
    }
    if (!keep(type, selection.name.value)) return undefined;
    return selection.selectionSet ? selectBelow(selection, selection.selectionSet, type) : selection;
  };

  const selectBelow = (field: FieldNode, set: SelectionSetNode, type: GraphQLCompositeType): FieldNode => {
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value] : undefined;
    const below = getNamedType(definition?.type ?? introspectionType(field.name.value, schema));
    if (!isCompositeType(below)) return field;
    return { ...field, selectionSet: complete(selectFrom(set, below) ?? { ...set, selections: [] }) };
  };

  const selectFragment = (name: string): FragmentDefinitionNode | undefined => {
    if (rebuilt.has(name)) return rebuilt.get(name);
    const fragment = fragments.get(name);
    const condition = fragment && schema.getType(fragment.typeCondition.name.value);
    const selectionSet = fragment && isCompositeType(condition) && selectFrom(fragment.selectionSet, condition);
    const kept = fragment && selectionSet ? { ...fragment, selectionSet } : undefined;
    rebuilt.set(name, kept);
    return kept;
  };

  const selectionSet = selectFrom(operation.selectionSet, root);
  if (!selectionSet) return undefined;
  const kept = [...rebuilt.values()].filter((fragment) => fragment !== undefined);
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }, ...kept] };
}
