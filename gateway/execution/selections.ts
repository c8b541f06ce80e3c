import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/** Whether a fragment on this type condition applies to the type at hand. */
export type Applies = (typeCondition: string) => boolean;

/** All places that ask for each response key of one type, in the order of the document. */
export function collectFields(
  sets: readonly SelectionSetNode[],
  applies: Applies,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const known = fields.get(key);
        if (known) known.push(selection);
        else fields.set(key, [selection]);
        continue;
      }
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? takeFragment(selection.name.value) : selection;
      if (inner && (!inner.typeCondition || applies(inner.typeCondition.name.value))) collect(inner.selectionSet);
    }
  }

  /** A fragment that is spread twice adds nothing. */
  function takeFragment(name: string): FragmentDefinitionNode | undefined {
    if (visited.has(name)) return undefined;
    visited.add(name);
    return fragments.get(name);
  }

  for (const set of sets) collect(set);
  return fields;
}
