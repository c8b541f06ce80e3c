import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';
import { toStandInName } from './graph-names';
import { dropArgument, readJoin, replaceArgument } from './join-directives';
import { reachableTypes } from './reachable-types';

/** A field that its subgraph answers only when it is told of others. */
interface Requirement {
  readonly graph: string;
  readonly typeName: string;
  readonly requires: string;
  /** The graph that stands for the subgraph where it is told of them. */
  readonly standIn: string;
  readonly fields: ReadonlySet<string>;
}

const ROOTS: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * The same graph, said in another way: what a field requires becomes a part of the key by which a stand-in of its
 * subgraph is entered. So the planner treats requirements by the rules of keys, which it follows further: it is at a loss
 * where one subgraph must be asked both for the key of the next and for what that one requires.
 */
export function requiresAsKeys(supergraphSdl: string): string {
  let document = parse(supergraphSdl, { noLocation: true });
  const requirements = findRequirements(document);
  for (const requirement of requirements) document = addStandIn(document, requirement);
  return print(dropRequires(document, requirements));
}

function findRequirements({ definitions }: DocumentNode): readonly Requirement[] {
  const found = new Map<string, Requirement & { readonly fields: Set<string> }>();
  for (const type of definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of type.fields ?? []) {
      for (const { graph, requires } of (field.directives ?? []).map(readJoin)) {
        // A key has neither arguments nor fragments.
        if (!graph || !requires || /[(.]/.test(requires)) continue;
        const typeName = type.name.value;
        const key = JSON.stringify([graph, typeName, requires]);
        const standIn = `${graph}_STAND_IN_${found.size}`;
        const known = found.get(key) ?? { graph, typeName, requires, standIn, fields: new Set<string>() };
        known.fields.add(field.name.value);
        found.set(key, known);
      }
    }
  }
  return [...found.values()];
}

function addStandIn(document: DocumentNode, requirement: Requirement): DocumentNode {
  const { graph, standIn } = requirement;
  const copied = typesOfStandIn(document, requirement);
  const definitions = document.definitions.map((definition): DefinitionNode => {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph') {
      return addGraph(definition, requirement);
    }
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === requirement.typeName) {
      return enterByRequirement(definition, requirement);
    }
    if (!('name' in definition) || !definition.name || !copied.has(definition.name.value)) return definition;
    return visit(definition, {
      enter: (node) =>
        'directives' in node && node.directives && node.directives.length > 0
          ? {
              ...node,
              directives: node.directives.flatMap((one) => copyFree(one as ConstDirectiveNode, graph, standIn)),
            }
          : undefined,
    });
  });
  return { ...document, definitions };
}

/** What the stand-in must know: all that its fields and what they require can lead to. */
function typesOfStandIn(
  document: DocumentNode,
  { graph, typeName, requires, fields }: Requirement,
): ReadonlySet<string> {
  const type = document.definitions.find(
    (one) => one.kind === Kind.OBJECT_TYPE_DEFINITION && one.name.value === typeName,
  ) as ObjectTypeDefinitionNode;
  const keys = (type.directives ?? [])
    .map(readJoin)
    .flatMap(({ graph: of, key }) => (of === graph && key ? [key] : []));
  const names = namesIn(`${keys.join(' ')} ${requires}`);
  const leading = (type.fields ?? []).filter(({ name }) => fields.has(name.value) || names.has(name.value));
  const reached = reachableTypes(document, leading, graph);
  return new Set([...reached].filter((name) => !ROOTS.has(name)));
}

function addGraph(graphs: EnumTypeDefinitionNode, { graph, standIn }: Requirement): EnumTypeDefinitionNode {
  const original = graphs.values?.find(({ name }) => name.value === graph);
  if (!original) return graphs;
  const number = standIn.slice(standIn.lastIndexOf('_') + 1);
  const directives = original.directives?.map((directive) =>
    replaceArgument(directive, 'name', (name) => toStandInName(name, number)),
  );
  const added = { ...original, name: { kind: Kind.NAME, value: standIn } as const, ...(directives && { directives }) };
  return { ...graphs, values: [...(graphs.values ?? []), added] };
}

/** The type whose field requires others: in the stand-in it has that field, and what is needed to get there. */
function enterByRequirement(type: ObjectTypeDefinitionNode, requirement: Requirement): ObjectTypeDefinitionNode {
  const { graph, standIn, requires, fields } = requirement;
  const keys: string[] = [];
  const directives = (type.directives ?? []).flatMap((directive) => {
    const { graph: of, key } = readJoin(directive);
    if (directive.name.value !== 'join__type' || of !== graph || !key)
      return copyFor(directive, graph, standIn, 'join__type');
    keys.push(key);
    const entered = replaceArgument(
      replaceArgument(directive, 'graph', () => standIn),
      'key',
      () => `${key} ${requires}`,
    );
    return [directive, entered];
  });
  const needed = namesIn(`${keys.join(' ')} ${requires}`);
  return {
    ...type,
    directives,
    fields: (type.fields ?? []).map((field): FieldDefinitionNode => {
      const { value } = field.name;
      if (!fields.has(value) && !needed.has(value)) return field;
      return { ...field, directives: (field.directives ?? []).flatMap((one) => copyFor(one, graph, standIn)) };
    }),
  };
}

/** Fields that require others are answered by the stand-ins alone, which require nothing. */
function dropRequires(document: DocumentNode, requirements: readonly Requirement[]): DocumentNode {
  const standIns = new Set(requirements.map(({ standIn }) => standIn));
  const own = new Set(requirements.map(({ graph, requires }) => JSON.stringify([graph, requires])));
  return visit(document, {
    FieldDefinition: (field) => ({
      ...field,
      directives: field.directives?.flatMap((directive) => {
        const { graph, requires } = readJoin(directive);
        if (!graph || !requires) return [directive];
        if (standIns.has(graph)) return [dropArgument(directive, 'requires')];
        return own.has(JSON.stringify([graph, requires])) ? [] : [directive];
      }),
    }),
  });
}

function copyFor(
  directive: ConstDirectiveNode,
  graph: string,
  standIn: string,
  except?: string,
): readonly ConstDirectiveNode[] {
  if (readJoin(directive).graph !== graph || directive.name.value === except) return [directive];
  return [directive, replaceArgument(directive, 'graph', () => standIn)];
}

/** What requires others is answered by the stand-in of its own alone. */
function copyFree(directive: ConstDirectiveNode, graph: string, standIn: string): readonly ConstDirectiveNode[] {
  return readJoin(directive).requires === undefined ? copyFor(directive, graph, standIn) : [directive];
}

function namesIn(fieldSet: string): ReadonlySet<string> {
  return new Set(fieldSet.match(/\w+/g) ?? []);
}
