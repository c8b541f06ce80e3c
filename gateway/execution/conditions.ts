import { type DocumentNode, Kind, type SelectionNode, type SelectionSetNode, visit } from 'graphql';

/** The names of the variables that decide what of a document is asked at all. */
export function conditionVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given = [] }) {
      const value = name.value === 'skip' || name.value === 'include' ? given[0]?.value : undefined;
      if (value?.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names].sort();
}

/** The document without what `@skip` and `@include` leave out with these variables, and without these directives. */
export function applyConditions(document: DocumentNode, variables: Readonly<Record<string, unknown>>): DocumentNode {
  return visit(document, {
    SelectionSet(set): SelectionSetNode {
      const selections = set.selections.filter((selection) => isAsked(selection, variables));
      return { ...set, selections: selections.map(withoutConditions) };
    },
  });
}

function isAsked({ directives = [] }: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  return directives.every(({ name, arguments: given = [] }) => {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const value = given[0]?.value;
    const holds =
      value?.kind === Kind.VARIABLE
        ? variables[value.name.value] === true
        : value?.kind === Kind.BOOLEAN && value.value;
    return holds === (name.value === 'include');
  });
}

function withoutConditions(selection: SelectionNode): SelectionNode {
  const { directives = [] } = selection;
  if (directives.length === 0) return selection;
  return {
    ...selection,
    directives: directives.filter(({ name }) => name.value !== 'skip' && name.value !== 'include'),
  };
}
