import type { ItemRow } from './item-documents';

/** The origin of what came in outside of batches. */
export const DIRECT = '';

/** The ways in which an item came: batches by id, and directly. */
export function originsOf({ origins }: ItemRow): readonly string[] {
  return origins ?? [DIRECT];
}

/** The row with one origin more. */
export function withOrigin(row: ItemRow, origin: string): ItemRow {
  return { ...row, origins: [...originsOf(row), origin] };
}

/** The row without an origin; `undefined` when it came no other way. */
export function withoutOrigin(row: ItemRow, origin: string): ItemRow | undefined {
  const left = originsOf(row).filter((each) => each !== origin);
  if (left.length === 0) return undefined;
  const { origins: _, ...rest } = row;
  return left.length === 1 && left[0] === DIRECT ? rest : { ...rest, origins: left };
}
