import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { PlanNode } from '../plan';

/**
 * A mutation as one document per root field, in their order: each field is done, with all that other subgraphs add to
 * it, before the next begins.
 */
export function splitMutation(document: DocumentNode): readonly DocumentNode[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | undefined;
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
    else if (one.kind === Kind.OPERATION_DEFINITION) operation = one;
  }
  if (!operation) return [document];
  const byKey = new Map<string, SelectionNode[]>();
  for (const { key, selection } of rootFields(operation.selectionSet, fragments)) {
    byKey.set(key, [...(byKey.get(key) ?? []), selection]);
  }
  const { selectionSet } = operation;
  return [...byKey.values()].map((selections) => ({
    ...document,
    definitions: document.definitions.map((one) =>
      one === operation ? { ...operation, selectionSet: { ...selectionSet, selections } } : one,
    ),
  }));
}

/** True when other subgraphs are asked about what mutations answer: then these cannot simply follow one another. */
export function asksBetween(plan: PlanNode): boolean {
  return plan.kind === 'Sequence' && plan.nodes.some(({ kind }) => kind !== 'Fetch');
}

interface RootField {
  readonly key: string;
  /** The field alone, in the fragments around it with their conditions. */
  readonly selection: SelectionNode;
}

function rootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly RootField[] {
  return selections.flatMap((selection): readonly RootField[] => {
    if (selection.kind === Kind.FIELD) return [{ key: (selection.alias ?? selection.name).value, selection }];
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    if (!inner) return [];
    const { directives = [] } = selection;
    return rootFields(inner.selectionSet, fragments).map((field) => ({
      key: field.key,
      selection: {
        kind: Kind.INLINE_FRAGMENT,
        directives,
        selectionSet: { kind: Kind.SELECTION_SET, selections: [field.selection] },
      },
    }));
  });
}
