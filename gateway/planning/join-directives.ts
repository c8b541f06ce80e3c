import { type ConstDirectiveNode, Kind } from 'graphql';

/** What the supergraph's own directives say, as far as planning is concerned. */
interface JoinArguments {
  readonly graph?: string;
  readonly key?: string;
  readonly requires?: string;
  readonly member?: string;
  readonly type?: string;
}

/** The arguments of a supergraph directive; none for any other directive. */
export function readJoin({ name, arguments: given = [] }: ConstDirectiveNode): JoinArguments {
  if (!name.value.startsWith('join__')) return {};
  return Object.fromEntries(
    given.flatMap(({ name: argument, value }) =>
      value.kind === Kind.STRING || value.kind === Kind.ENUM ? [[argument.value, value.value]] : [],
    ),
  );
}

/** The directive with one argument changed. */
export function replaceArgument(
  directive: ConstDirectiveNode,
  argument: string,
  by: (value: string) => string,
): ConstDirectiveNode {
  return {
    ...directive,
    arguments: (directive.arguments ?? []).map((one) => {
      const { value } = one;
      if (one.name.value !== argument || (value.kind !== Kind.STRING && value.kind !== Kind.ENUM)) return one;
      return { ...one, value: { ...value, value: by(value.value) } };
    }),
  };
}

/** The directive without one argument. */
export function dropArgument(directive: ConstDirectiveNode, argument: string): ConstDirectiveNode {
  return { ...directive, arguments: (directive.arguments ?? []).filter(({ name }) => name.value !== argument) };
}
