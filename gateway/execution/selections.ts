import { type DirectiveNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/** A variable that must have this value for a selection to count. */
export interface Condition {
  readonly variable: string;
  readonly value: boolean;
}

/** A selection set, and what must hold for it to count: the conditions of the selections around it. */
export interface Selections {
  readonly set: SelectionSetNode;
  readonly under: readonly Condition[];
}

/** One place that asks for a response key. */
export interface Occurrence {
  readonly node: FieldNode;
  readonly under: readonly Condition[];
}

/** Whether a fragment on this type condition applies to the type at hand. */
export type Applies = (typeCondition: string) => boolean;

/** All places that ask for each response key of one type, in the order of the document. */
export function collectFields(
  selections: readonly Selections[],
  applies: Applies,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ReadonlyMap<string, readonly Occurrence[]> {
  const fields = new Map<string, Occurrence[]>();
  const visited = new Map<string, Set<string>>();

  function collect({ set, under }: Selections): void {
    for (const selection of set.selections) {
      const conditions = conditionsOf(selection.directives, under);
      if (!conditions) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const known = fields.get(key);
        if (known) known.push({ node: selection, under: conditions });
        else fields.set(key, [{ node: selection, under: conditions }]);
        continue;
      }
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (!inner || (inner.typeCondition && !applies(inner.typeCondition.name.value))) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD && !isFirst(selection.name.value, conditions)) continue;
      collect({ set: inner.selectionSet, under: conditions });
    }
  }

  /** A fragment spread twice under the same conditions adds nothing. */
  function isFirst(name: string, conditions: readonly Condition[]): boolean {
    const seen = visited.get(name) ?? new Set<string>();
    visited.set(name, seen);
    const key = JSON.stringify(conditions);
    return !seen.has(key) && Boolean(seen.add(key));
  }

  for (const one of selections) collect(one);
  return fields;
}

/** `under` and what `@skip` and `@include` add to it; `undefined` when a literal leaves the selection out for good. */
export function conditionsOf(
  directives: readonly DirectiveNode[] | undefined,
  under: readonly Condition[],
): readonly Condition[] | undefined {
  let conditions = under;
  for (const { name, arguments: given } of directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const value = name.value === 'include';
    const when = given?.find((argument) => argument.name.value === 'if')?.value;
    if (when?.kind === Kind.BOOLEAN && when.value !== value) return undefined;
    if (when?.kind !== Kind.VARIABLE) continue;
    const variable = when.name.value;
    if (!conditions.some((known) => known.variable === variable && known.value === value)) {
      conditions = [...conditions, { variable, value }];
    }
  }
  return conditions;
}
