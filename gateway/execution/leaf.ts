import { type GraphQLLeafType, isEnumType } from 'graphql';
import { createInstantText } from './instant-text';

// What it keeps of days is the same for every field of every operation.
const toInstantText = createInstantText();

/** Answers the value of a leaf as callers see it; throws when it is none of the type. */
export type CompleteLeaf = (value: unknown) => unknown;

/** Checks built-in scalars and enums; other scalars belong to their subgraph and pass as they are. */
export function compileLeaf(type: GraphQLLeafType): CompleteLeaf {
  if (isEnumType(type)) {
    const values = new Set(type.getValues().map(({ name }) => name));
    return (value) => (values.has(value as string) ? value : refuse(type.name, value));
  }
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value) => (typeof value === 'string' ? value : type.serialize(value));
    case 'Int':
      return (value) => (Number.isInteger(value) ? value : type.serialize(value));
    case 'Float':
      return (value) => (Number.isFinite(value) ? value : type.serialize(value));
    case 'Boolean':
      return (value) => (typeof value === 'boolean' ? value : type.serialize(value));
    default:
      return toJson;
  }
}

/** Tells values that need no completion at all: nearly all of them. */
export function compileIsPlain(type: GraphQLLeafType): (value: unknown) => boolean {
  if (isEnumType(type)) {
    const values = new Set<unknown>(type.getValues().map(({ name }) => name));
    return (value) => values.has(value);
  }
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value) => typeof value === 'string';
    case 'Int':
    case 'Float':
      return type.name === 'Int' ? Number.isInteger : Number.isFinite;
    case 'Boolean':
      return (value) => typeof value === 'boolean';
    default:
      return (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  }
}

/** In-process subgraphs answer with dates: what they are on the wire is what they are here. */
function toJson(value: unknown): unknown {
  return value instanceof Date ? toInstantText(value) : value;
}

function refuse(type: string, value: unknown): never {
  throw new Error(`Enum "${type}" cannot represent value: ${JSON.stringify(value)}.`);
}
