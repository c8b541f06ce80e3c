import { isDeepStrictEqual } from 'node:util';
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import type { Ask } from './graph-client';
import type { Item } from './items';
import { ACTIVATION, type Kind } from './kinds';

/** What applying an item came to. */
export type ItemOutcome = 'created' | 'changed' | 'unchanged';

/** A refusal of the server: `path` names the field of the item where it said so. */
export class ItemRefused extends Error {
  constructor(
    message: string,
    readonly path: readonly PropertyKey[],
  ) {
    super(message);
  }
}

/** Puts one item, and tells what that changed. Throws ItemRefused. */
export async function putItem(item: Item, ask: Ask, schema: GraphQLSchema): Promise<ItemOutcome> {
  return item.kind === ACTIVATION ? activate(item, ask) : put(item, item.kind, ask, schema);
}

async function put({ id, input }: Item, kind: Kind, ask: Ask, schema: GraphQLSchema): Promise<ItemOutcome> {
  const fields = comparedFields(kind, schema);
  const selection = kind.payloadField ? `${kind.payloadField} { ${fields} }` : fields;
  const { before } = await answer(ask, `query ($id: ID!) { before: ${kind.read}(id: $id) { ${fields} } }`, { id });
  const query = `mutation ($input: ${kind.input}!) { after: ${kind.put}(input: $input) { ${selection} } }`;
  const { after } = await answer(ask, query, { input });
  if (before === null || before === undefined) return 'created';
  const now = kind.payloadField ? (after as Record<string, unknown>)[kind.payloadField] : after;
  return isDeepStrictEqual(before, now) ? 'unchanged' : 'changed';
}

async function activate({ input }: Item, ask: Ask): Promise<ItemOutcome> {
  const read = 'query ($destination: ID!) { destination(id: $destination) { activations { segment { id } } } }';
  const { destination } = await answer<ReadActivations>(ask, read, { destination: input.destination });
  if (destination?.activations.some(({ segment }) => segment?.id === input.segment)) return 'unchanged';
  const query =
    'mutation ($destination: ID!, $segment: ID!) { activateSegment(destination: $destination, segment: $segment) { destination { id } } }';
  await answer(ask, query, input);
  return 'created';
}

interface ReadActivations {
  readonly destination: {
    readonly activations: readonly { readonly segment: { readonly id: string } | null }[];
  } | null;
}

async function answer<T = Readonly<Record<string, unknown>>>(ask: Ask, query: string, variables: object): Promise<T> {
  const { data, errors } = await ask(query, { ...variables });
  const [error] = errors ?? [];
  if (!error) return (data ?? {}) as T;
  const { path, diagnostics } = (error.extensions ?? {}) as { path?: unknown; diagnostics?: unknown };
  throw new ItemRefused(
    error.message + describeDiagnostics(diagnostics),
    typeof path === 'string' ? path.split('.').map(toKey) : [],
  );
}

function toKey(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

function describeDiagnostics(diagnostics: unknown): string {
  if (!Array.isArray(diagnostics)) return '';
  return (diagnostics as { message: string; line: number; column: number }[])
    .map(({ message, line, column }) => `\n    rule, line ${line}, column ${column}: ${message}`)
    .join('');
}

/** The fields that tell whether a put changed anything: plain values, and the status. */
function comparedFields(kind: Kind, schema: GraphQLSchema): string {
  const root = schema.getQueryType()?.getFields()[kind.read]?.type;
  const type = root && getNamedType(root);
  return isObjectType(type) ? plainFields(type).join(' ') : 'id';
}

function plainFields(type: GraphQLObjectType): readonly string[] {
  return Object.values(type.getFields())
    .filter(({ name, type: of, args }) => {
      const inner = isNonNullType(of) ? of.ofType : of;
      return args.length === 0 && !isListType(inner) && (isScalarType(inner) || name === 'status');
    })
    .map(({ name }) => name);
}
