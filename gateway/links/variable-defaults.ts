import {
  astFromValue,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromASTUntyped,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;
/** Gives the value with defaults filled in; the very same where nothing was missing. */
type Fill = (value: unknown) => unknown;

/**
 * Fills in the defaults of input fields that were left out of an operation's variables; `undefined` where there are none
 * to fill in. The compiler of operations refuses a left-out field that is non-null, though it has a default.
 */
export function compileVariableDefaults(
  schema: GraphQLSchema,
  document: DocumentNode,
): ((variables: Variables) => Variables) | undefined {
  const fills = new Map<GraphQLInputType, Fill | undefined>();
  const byName = (getOperationAST(document)?.variableDefinitions ?? []).flatMap(({ type: node, variable }) => {
    const type = typeFromAST(schema, node as never) as unknown;
    const fill = isInputType(type) ? fillOf(type, fills) : undefined;
    return fill ? [[variable.name.value, fill] as const] : [];
  });
  if (byName.length === 0) return undefined;
  return (variables) => fillFields(variables, byName, []) as Variables;
}

function fillOf(type: GraphQLInputType, fills: Map<GraphQLInputType, Fill | undefined>): Fill | undefined {
  if (isNonNullType(type)) return fillOf(type.ofType, fills);
  if (isListType(type)) return fillList(fillOf(type.ofType, fills));
  if (!isInputObjectType(type)) return undefined;
  if (fills.has(type)) return fills.get(type);
  // A type may hold itself: until it is known what it fills, ask again at run time.
  fills.set(type, (value) => fills.get(type)?.(value) ?? value);
  const fields = Object.values(type.getFields());
  const defaults = fields.flatMap(({ name, type: own, defaultValue }): [string, unknown][] => {
    const node = defaultValue === undefined ? undefined : astFromValue(defaultValue, own);
    return node ? [[name, valueFromASTUntyped(node)]] : [];
  });
  const inner = fields.flatMap(({ name, type: own }): [string, Fill][] => {
    const fill = fillOf(own, fills);
    return fill ? [[name, fill]] : [];
  });
  const fill = defaults.length + inner.length > 0 ? (value: unknown) => fillFields(value, inner, defaults) : undefined;
  fills.set(type, fill);
  return fill;
}

function fillList(fill: Fill | undefined): Fill | undefined {
  return fill && ((value) => (Array.isArray(value) ? value.map(fill) : fill(value)));
}

function fillFields(
  value: unknown,
  inner: readonly (readonly [string, Fill])[],
  defaults: readonly (readonly [string, unknown])[],
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let filled = value as Record<string, unknown>;
  const set = (name: string, to: unknown): void => {
    if (filled === value) filled = { ...filled };
    filled[name] = to;
  };
  for (const [name, preset] of defaults) if (filled[name] === undefined) set(name, preset);
  for (const [name, fill] of inner) {
    const now = fill(filled[name]);
    if (now !== filled[name]) set(name, now);
  }
  return filled;
}
