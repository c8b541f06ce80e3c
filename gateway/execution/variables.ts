import {
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/**
 * Tells variables that are right beyond doubt, without parsing them: the subgraphs parse their own. `false` says only
 * that a closer look is needed.
 */
export function compileVariableCheck(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): (variables: Variables) => boolean {
  const known = new Map<GraphQLNamedType, Check>();
  const checks = definitions.map(({ variable, type, defaultValue }) => {
    const inputType = typeFromAST(schema, type as never) as GraphQLInputType;
    const isOptional = defaultValue !== undefined || !isNonNullType(inputType);
    return { name: variable.name.value, isOptional, check: compileCheck(inputType, known) };
  });
  return (variables) =>
    checks.every(({ name, isOptional, check }) => {
      const value = variables[name];
      return value === undefined ? isOptional : check(value);
    });
}

function compileCheck(type: GraphQLInputType, known: Map<GraphQLNamedType, Check>): Check {
  if (isNonNullType(type)) {
    const check = compileCheck(type.ofType, known);
    return (value) => value !== null && check(value);
  }
  if (isListType(type)) {
    const check = compileCheck(type.ofType, known);
    return (value) => value === null || (Array.isArray(value) ? value.every(check) : check(value));
  }
  const check = known.get(type);
  if (check) return check;
  // A type may hold itself.
  let compiled: Check = () => false;
  known.set(type, (value) => compiled(value));
  compiled = compileNamed(type, known);
  return compiled;
}

function compileNamed(type: GraphQLNamedType, known: Map<GraphQLNamedType, Check>): Check {
  if (isEnumType(type)) {
    const values = new Set<unknown>(type.getValues().map(({ name }) => name));
    return (value) => value === null || values.has(value);
  }
  if (isScalarType(type)) {
    const check = SCALARS[type.name];
    return check ? (value) => value === null || check(value) : () => true;
  }
  if (!isInputObjectType(type) || type.isOneOf) return () => false;
  const fields = new Map(
    Object.values(type.getFields()).map((field) => {
      const isOptional = field.defaultValue !== undefined || !isNonNullType(field.type);
      return [field.name, { isOptional, check: compileCheck(field.type, known) }] as const;
    }),
  );
  return (value) => {
    if (typeof value !== 'object' || Array.isArray(value)) return false;
    if (value === null) return true;
    for (const name in value) if (!fields.has(name)) return false;
    for (const [name, { isOptional, check }] of fields) {
      const given = (value as Variables)[name];
      if (given === undefined ? !isOptional : !check(given)) return false;
    }
    return true;
  };
}

const MOST = 2 ** 31;
const SCALARS: Readonly<Record<string, Check>> = {
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ID: (value) => typeof value === 'string' || Number.isInteger(value),
  Int: (value) => Number.isInteger(value) && (value as number) < MOST && (value as number) >= -MOST,
  Float: Number.isFinite,
};
