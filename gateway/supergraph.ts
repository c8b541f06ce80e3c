import { composeServices, transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import {
  type ArgumentNode,
  buildASTSchema,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  printSchema,
  type TypeDefinitionNode,
} from 'graphql';
import { AppError } from '../platform/errors';
import { topLevelFields } from './planning/field-set';
import { widenFields } from './planning/widen-fields';

/** What goes into a composition: one subgraph's name, federation SDL, and address when it has one. */
export interface ComposedService {
  readonly name: string;
  readonly sdl: string;
  readonly url?: string;
}

/** A composed graph, read once: what the gateway knows of types, keys and owners. */
export interface Supergraph {
  readonly sdl: string;
  /** What callers see: without what is inaccessible. */
  readonly schema: GraphQLSchema;
  readonly schemaSdl: string;
  /** The name of each subgraph and the address that the supergraph gives it. */
  readonly services: readonly { readonly name: string; readonly url: string }[];
  /** True when an object of type `typeName` may stand where `condition` (an object, interface or union) is asked. */
  isPossible(typeName: string, condition: string): boolean;
  /** True for object types; interfaces and unions, also of interface objects, are not. */
  isObject(typeName: string): boolean;
  /** The names of the top-level fields by which `service` looks up `typeName`, over all its keys. */
  keyFields(service: string, typeName: string): ReadonlySet<string>;
}

/** Composes subgraphs into one supergraph's SDL. Throws BAD_USER_INPUT with the composer's words when they do not fit. */
export function composeSupergraph(services: readonly ComposedService[]): string {
  const composed = composeServices(
    services.map(({ name, sdl, url }) => ({ name, typeDefs: parse(sdl), url: url ?? `local://${name}` })),
  );
  if (composed.supergraphSdl !== undefined) return composed.supergraphSdl;
  const faults = composed.errors.map(({ message }) => message);
  throw new AppError('BAD_USER_INPUT', `The subgraphs do not compose. ${faults.join(' ')}`, { details: { faults } });
}

/** Reads a supergraph's SDL. Throws BAD_USER_INPUT when it is none. */
export function readSupergraph(given: string): Supergraph {
  const said = parseSupergraph(given);
  const possible = readPossibleTypes(said.definitions.filter(isTypeDefinition));
  const isPossible: Supergraph['isPossible'] = (typeName, condition) =>
    typeName === condition || (possible.get(condition)?.has(typeName) ?? false);
  const document = widenFields(said, isPossible);
  const schema = buildASTSchema(transformSupergraphToPublicSchema(document), { assumeValidSDL: true });
  const definitions = document.definitions.filter(isTypeDefinition);
  const graphs = readGraphs(definitions);
  const keys = readKeys(definitions, graphs);
  const objects = new Set(
    definitions.filter(({ kind }) => kind === Kind.OBJECT_TYPE_DEFINITION).map(({ name }) => name.value),
  );
  const none: ReadonlySet<string> = new Set();
  return {
    sdl: document === said ? given : print(document),
    schema,
    schemaSdl: printSchema(schema),
    services: [...graphs.values()],
    isPossible,
    isObject: (typeName) => objects.has(typeName),
    keyFields: (service, typeName) => keys.get(`${service} ${typeName}`) ?? none,
  };
}

function parseSupergraph(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (cause) {
    throw new AppError('BAD_USER_INPUT', `The supergraph cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function isTypeDefinition(node: { readonly kind: string }): node is TypeDefinitionNode {
  return node.kind.endsWith('TypeDefinition');
}

function readGraphs(definitions: readonly TypeDefinitionNode[]): Map<string, { name: string; url: string }> {
  const graphs = definitions.find(({ name }) => name.value === 'join__Graph');
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) {
    throw new AppError('BAD_USER_INPUT', 'The supergraph names no subgraphs: it has no enum join__Graph.');
  }
  return new Map(
    (graphs.values ?? []).map(({ name, directives }) => {
      const graph = directives?.find((directive) => directive.name.value === 'join__graph');
      return [name.value, { name: argumentOf(graph, 'name') ?? name.value, url: argumentOf(graph, 'url') ?? '' }];
    }),
  );
}

function readPossibleTypes(definitions: readonly TypeDefinitionNode[]): Map<string, Set<string>> {
  const possible = new Map<string, Set<string>>();
  const add = (condition: string, typeName: string) =>
    possible.set(condition, (possible.get(condition) ?? new Set()).add(typeName));
  for (const definition of definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const member of definition.types ?? []) add(definition.name.value, member.name.value);
    }
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      for (const one of definition.interfaces ?? []) add(one.name.value, definition.name.value);
    }
  }
  return possible;
}

function readKeys(
  definitions: readonly TypeDefinitionNode[],
  graphs: ReadonlyMap<string, { readonly name: string }>,
): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const { name, directives } of definitions) {
    for (const directive of directives ?? []) {
      const key = argumentOf(directive, 'key');
      const graph = graphs.get(argumentOf(directive, 'graph') ?? '');
      if (directive.name.value !== 'join__type' || !key || !graph) continue;
      const at = `${graph.name} ${name.value}`;
      const fields = keys.get(at) ?? new Set<string>();
      for (const field of topLevelFields(key)) fields.add(field);
      keys.set(at, fields);
    }
  }
  return keys;
}

function argumentOf(directive: DirectiveNode | undefined, name: string): string | undefined {
  const value = directive?.arguments?.find((argument: ArgumentNode) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}
