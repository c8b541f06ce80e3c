import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { readJoin } from './join-directives';

/** The names of the types that fields answer with and take, on and on, as far as one graph knows them. */
export function reachableTypes(
  { definitions }: DocumentNode,
  fields: readonly FieldDefinitionNode[],
  graph: string,
): ReadonlySet<string> {
  const byName = new Map(
    definitions.flatMap((one): [string, TypeDefinitionNode][] =>
      one.kind.endsWith('TypeDefinition') ? [[(one as TypeDefinitionNode).name.value, one as TypeDefinitionNode]] : [],
    ),
  );
  const reached = new Set<string>();
  const waiting = fields.flatMap(typesOf);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const type = byName.get(name);
    if (reached.has(name) || !type) continue;
    reached.add(name);
    waiting.push(...neighbours(type, [...byName.values()], graph));
  }
  return reached;
}

function neighbours(type: TypeDefinitionNode, all: readonly TypeDefinitionNode[], graph: string): readonly string[] {
  switch (type.kind) {
    case Kind.UNION_TYPE_DEFINITION:
      return (type.types ?? []).map(({ name }) => name.value);
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return (type.fields ?? []).map((field) => nameOf(field.type));
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
      return [
        ...(type.fields ?? []).filter((field) => isKnownTo(graph, field)).flatMap(typesOf),
        ...(type.interfaces ?? []).map(({ name }) => name.value),
        ...all.filter((other) => implementsType(other, type.name.value)).map(({ name }) => name.value),
      ];
    default:
      return [];
  }
}

function implementsType(type: TypeDefinitionNode, name: string): boolean {
  return type.kind === Kind.OBJECT_TYPE_DEFINITION && (type.interfaces ?? []).some((one) => one.name.value === name);
}

function isKnownTo(graph: string, { directives = [] }: FieldDefinitionNode): boolean {
  const graphs = directives.map(readJoin).flatMap(({ graph: one }) => one ?? []);
  return graphs.length === 0 || graphs.includes(graph);
}

function typesOf({ type, arguments: given = [] }: FieldDefinitionNode): readonly string[] {
  return [nameOf(type), ...given.map((one: InputValueDefinitionNode) => nameOf(one.type))];
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}
