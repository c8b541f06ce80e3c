import {
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
} from 'graphql';
import type { RequestContext } from '../platform/graphql/request-context';

interface Part {
  readonly name: string;
  readonly schema: GraphQLSchema;
}

type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

/**
 * One schema out of the subgraphs' own resolvers, as one program without a gateway would have it: each field is answered
 * by the resolver of its owner, in one execution. What a decision requires is asked of the same resolvers.
 */
export function createMonolith(apiSdl: string, parts: readonly Part[]): GraphQLSchema {
  const schema = buildSchema(apiSdl);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type)) adopt(type, parts);
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = resolverOf(parts, type.name, field.name);
      if (resolve) field.resolve = resolve;
    }
  }
  const profile = schema.getType('Profile') as GraphQLObjectType;
  const decisions = profile.getFields().decisions;
  const facts = resolverOf(parts, 'Profile', 'decisionFacts');
  const segments = resolverOf(parts, 'Profile', 'realizedSegmentIds');
  const decide = decisions?.resolve as Resolve | undefined;
  if (!decisions || !facts || !segments || !decide) throw new Error('The graph has no decisions.');
  decisions.resolve = async (row: object, args, context: RequestContext, info) => {
    const [decisionFacts, realizedSegmentIds] = await Promise.all([
      facts(row, {}, context, info),
      segments(row, {}, context, info),
    ]);
    return decide({ ...row, decisionFacts, realizedSegmentIds }, args, context, info);
  };
  return schema;
}

function resolverOf(parts: readonly Part[], typeName: string, fieldName: string): Resolve | undefined {
  for (const { schema } of parts) {
    const type = schema.getType(typeName);
    const resolve = isObjectType(type) ? type.getFields()[fieldName]?.resolve : undefined;
    if (resolve) return resolve as Resolve;
  }
  return undefined;
}

function adopt(scalar: { name: string }, parts: readonly Part[]): void {
  for (const { schema } of parts) {
    const known = schema.getType(scalar.name);
    if (!isScalarType(known)) continue;
    const { serialize, parseValue, parseLiteral } = known;
    Object.assign(scalar, { serialize, parseValue, parseLiteral });
    return;
  }
}
