import 'reflect-metadata';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import type { GraphQLSchema } from 'graphql';
import { parse } from 'graphql';
import { GraphQLDateTime, GraphQLJSON, GraphQLJSONObject } from 'graphql-scalars';
import { buildSchemaSync, createResolversMap, type PubSub } from 'type-graphql';
import { type ResolversMap, shortenResolvers } from './direct-resolvers';
import type { RequestContext } from './request-context';

const FEDERATION_LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3"
  import: ["@key", "@requires", "@provides", "@external", "@shareable", "@inaccessible", "@override", "@tag"]
)\n\n`;

// type-graphql asks for one as soon as there is a subscription; ours name what they subscribe to themselves.
const NO_TOPICS: PubSub = {
  publish() {
    throw new Error('There are no topics: a subscription names its own source.');
  },
  subscribe() {
    throw new Error('There are no topics: a subscription names its own source.');
  },
};

/** Looks an entity up by its representation; `null` when there is none. Must answer with a fresh object. */
export type ReferenceResolver = (
  reference: Readonly<Record<string, unknown>>,
  context: RequestContext,
) => Promise<object | null> | object | null;

export interface SubgraphSchemaOptions {
  /** Instances of resolver classes, with their collaborators in them: two graphs can live in one process. */
  readonly resolvers: readonly object[];
  /** Object types that no field of this subgraph returns: stubs of entities that another one owns. */
  // biome-ignore lint/complexity/noBannedTypes: type-graphql names classes so.
  readonly orphanedTypes?: readonly Function[];
  /** Type name → how `_entities` finds it. */
  readonly references: Readonly<Record<string, ReferenceResolver>>;
}

export interface SubgraphSchema {
  /** Executable, with `_entities` and `_service`. */
  readonly schema: GraphQLSchema;
  /** What the gateway composes. */
  readonly sdl: string;
}

/** Makes a Federation 2 subgraph of type-graphql resolver classes. */
export function createSubgraphSchema(options: SubgraphSchemaOptions): SubgraphSchema {
  const instances = new Map(options.resolvers.map((resolver) => [resolver.constructor, resolver]));
  const classes = [...instances.keys()];
  const built = buildSchemaSync({
    // biome-ignore lint/complexity/noBannedTypes: type-graphql names classes so.
    resolvers: classes as unknown as [Function, ...Function[]],
    orphanedTypes: [...(options.orphanedTypes ?? [])],
    container: { get: (someClass) => instances.get(someClass) },
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    pubSub: NO_TOPICS,
    validate: false,
    skipCheck: true,
  });
  const resolvers = { ...shortenResolvers(createResolversMap(built) as ResolversMap, instances) };
  for (const [type, resolve] of Object.entries(options.references)) {
    resolvers[type] = {
      ...resolvers[type],
      __resolveReference: (reference: Record<string, unknown>, context: RequestContext) => resolve(reference, context),
    };
  }
  const sdl = FEDERATION_LINK + printSchemaWithDirectives(built);
  // biome-ignore lint/suspicious/noExplicitAny: the two libraries type resolver maps differently.
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as any }]);
  return { schema, sdl };
}

export { GraphQLJSON as JsonScalar, GraphQLJSONObject as JsonObjectScalar };
