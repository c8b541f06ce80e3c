import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';

/** True when the answer's selection has a field of this name anywhere; errs towards true. */
export function asksFor({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  const inSet = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((node) => {
      if (node.kind === 'FragmentSpread') return inSet(fragments[node.name.value]?.selectionSet);
      return (node.kind === 'Field' && node.name.value === name) || inSet(node.selectionSet);
    }) ?? false;
  return fieldNodes.some(({ selectionSet }) => inSet(selectionSet));
}
