import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';
import { topLevelFields } from './field-set';
import { readJoin } from './join-directives';

/**
 * The same graph, where what a subgraph requires is said to come from the others. Some composers leave that out of
 * interfaces, and the planner would ask a subgraph for what it must be told.
 */
export function markRequiredExternals(supergraphSdl: string): string {
  const complete = <T extends InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode>(type: T): T => {
    const requiredBy = findRequired(type);
    if (requiredBy.size === 0) return type;
    const graphs = (type.directives ?? []).flatMap(({ name, ...rest }) =>
      name.value === 'join__type' ? (readJoin({ name, ...rest }).graph ?? []) : [],
    );
    return { ...type, fields: type.fields?.map((field) => markField(field, [...new Set(graphs)], requiredBy)) };
  };
  return print(
    visit(parse(supergraphSdl, { noLocation: true }), {
      InterfaceTypeDefinition: complete,
      ObjectTypeDefinition: complete,
    }),
  );
}

/** By the name of a field, the graphs that require it of others. */
function findRequired({ fields = [] }: Pick<ObjectTypeDefinitionNode, 'fields'>): ReadonlyMap<string, Set<string>> {
  const required = new Map<string, Set<string>>();
  for (const { graph, requires } of fields.flatMap(({ directives = [] }) => directives.map(readJoin))) {
    for (const name of graph && requires ? topLevelFields(requires) : []) {
      required.set(name, (required.get(name) ?? new Set()).add(graph as string));
    }
  }
  return required;
}

/** A field of which nothing is said is answered by every graph of its type: now by those that do not require it. */
function markField(
  field: FieldDefinitionNode,
  graphs: readonly string[],
  requiredBy: ReadonlyMap<string, ReadonlySet<string>>,
): FieldDefinitionNode {
  const externalTo = requiredBy.get(field.name.value);
  if (!externalTo || field.directives?.some(({ name }) => name.value === 'join__field')) return field;
  const owners = graphs.map((graph) => joinField(graph, externalTo.has(graph)));
  return { ...field, directives: [...(field.directives ?? []), ...owners] };
}

function joinField(graph: string, external: boolean): ConstDirectiveNode {
  const argument = (name: string, value: { kind: Kind.ENUM; value: string } | { kind: Kind.BOOLEAN; value: true }) =>
    ({ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value }) as const;
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'join__field' },
    arguments: [
      argument('graph', { kind: Kind.ENUM, value: graph }),
      ...(external ? [argument('external', { kind: Kind.BOOLEAN, value: true })] : []),
    ],
  };
}
