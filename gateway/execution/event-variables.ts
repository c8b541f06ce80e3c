import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionNode, visit } from 'graphql';

/**
 * The variables of a subscription that decide what is told of each event: all but those which stand only among the
 * arguments of its root field, and decide which events there are.
 */
export function eventVariables(document: DocumentNode, operation: OperationDefinitionNode): readonly string[] {
  const names = new Set<string>();
  const collect = {
    Variable({ name }: { readonly name: { readonly value: string } }) {
      names.add(name.value);
    },
  };
  const collectFrom = (selection: SelectionNode): void => {
    if (selection.kind !== Kind.FIELD) visit(selection, collect);
    else if (selection.selectionSet) visit(selection.selectionSet, collect);
  };
  for (const selection of operation.selectionSet.selections) collectFrom(selection);
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, collect);
  return [...names].sort();
}
