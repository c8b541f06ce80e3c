import { type DocumentNode, type FieldDefinitionNode, Kind, parseType, type TypeNode, visit } from 'graphql';
import { AppError } from '../../platform/errors';
import { readJoin } from './join-directives';

/** True when an object of type `typeName` may stand where `condition` is asked. */
type IsPossible = (typeName: string, condition: string) => boolean;

/**
 * The same graph, where each field has a type under which fall the types that the subgraphs give it. Some composers take
 * another one, of a union's field the type of a part: with such a graph the planner ends the whole process. The same
 * document when there is none. Throws BAD_USER_INPUT when the subgraphs' types have none of them above the others.
 */
export function widenFields(document: DocumentNode, isPossible: IsPossible): DocumentNode {
  let widened = false;
  const widen = ({ fields = [], ...type }: { readonly name: { readonly value: string } } & Fields) => {
    const wider = fields.map((field) => widenField(field, type.name.value, isPossible));
    if (wider.every((field, index) => field === fields[index])) return undefined;
    widened = true;
    return { ...type, fields: wider };
  };
  const wide = visit(document, { ObjectTypeDefinition: widen, InterfaceTypeDefinition: widen });
  return widened ? wide : document;
}

interface Fields {
  readonly fields?: readonly FieldDefinitionNode[];
}

function widenField(field: FieldDefinitionNode, typeName: string, isPossible: IsPossible): FieldDefinitionNode {
  const told = (field.directives ?? []).map(readJoin).flatMap(({ type }) => (type ? [nameIn(parseType(type))] : []));
  const merged = nameIn(field.type);
  const isAbove = (above: string): boolean => told.every((type) => isPossible(type, above));
  if (isAbove(merged)) return field;
  const above = told.find(isAbove);
  if (above !== undefined) return { ...field, type: rename(field.type, above) };
  const types = [...new Set(told)].join(', ');
  throw new AppError(
    'BAD_USER_INPUT',
    `The supergraph cannot be planned over: its subgraphs give ${typeName}.${field.name.value} the types ${types}.`,
    { details: { field: `${typeName}.${field.name.value}` } },
  );
}

function nameIn(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameIn(type.type);
}

function rename<T extends TypeNode>(type: T, name: string): T {
  return visit(type, { NamedType: (named) => ({ ...named, name: { ...named.name, value: name } }) });
}
