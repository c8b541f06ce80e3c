import { Kind, parse, print, visit } from 'graphql';

/*
 * The planner knows graphs by names of ours: `<rank>~<subgraph>` where their order matters to it, and
 * `<subgraph>~<number>` for a graph that stands in for a subgraph.
 */

/** The subgraph behind a name that the planner knows a graph by. */
export function toService(graphName: string): string {
  return graphName.replace(/^\d+~/, '').replace(/~\d+$/, '');
}

/** The name of a graph that stands in for another. */
export function toStandInName(graphName: string, number: string): string {
  return `${graphName}~${number}`;
}

/**
 * The same graph with its names such that subgraphs with interface objects come last: the planner follows the subgraphs
 * in the order of their names, and finds what is behind an interface only where it met the real one first.
 */
export function interfaceObjectsLast(supergraphSdl: string): string {
  const document = parse(supergraphSdl, { noLocation: true });
  const late = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'join__type') return;
      const values = new Map(given.map((argument) => [argument.name.value, argument.value]));
      const graph = values.get('graph');
      const isInterfaceObject = values.get('isInterfaceObject');
      if (isInterfaceObject?.kind !== Kind.BOOLEAN || !isInterfaceObject.value) return;
      if (graph?.kind === Kind.ENUM) late.add(graph.value);
    },
  });
  if (late.size === 0) return supergraphSdl;
  const named = visit(document, {
    EnumValueDefinition: (value) =>
      visit(value, {
        Argument: (argument) =>
          argument.name.value === 'name' && argument.value.kind === Kind.STRING
            ? {
                ...argument,
                value: { ...argument.value, value: `${late.has(value.name.value) ? 1 : 0}~${argument.value.value}` },
              }
            : undefined,
      }),
  });
  return print(named);
}
