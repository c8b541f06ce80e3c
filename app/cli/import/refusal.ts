/** Why a row did not go in. `path` is the column, or the field of the item. */
export interface Refusal {
  readonly line: number;
  readonly code: string;
  readonly path?: string | undefined;
  readonly message: string;
}
