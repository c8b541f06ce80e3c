import { Kind, parse } from 'graphql';

/** The names of a field set's top-level fields: `id` and `owner` of `id owner { id }`. */
export function topLevelFields(fieldSet: string): readonly string[] {
  const [operation] = parse(`{ ${fieldSet} }`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  return operation.selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
}
