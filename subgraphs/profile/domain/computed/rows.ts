import { bisect } from '../../../../platform/bisect';
import type { Row, Scalar } from './computed-attribute';

/** By time, then by the event's key or the weight, then by value: a total order but for equal rows. */
export function compareRows(a: Row, b: Row): number {
  return a[0] - b[0] || compareScalars(a[2], b[2]) || compareScalars(a[1], b[1]);
}

/** `rows` with the added ones in their places; both are sorted afterwards, `rows` must be so before. */
export function insertRows(rows: readonly Row[], added: readonly Row[]): readonly Row[] {
  const [first, ...others] = added;
  if (!first) return rows;
  if (others.length > 0) return [...rows, ...[...added].sort(compareRows)].sort(compareRows);
  const at = bisect(rows, (row) => compareRows(row, first) > 0);
  return [...rows.slice(0, at), first, ...rows.slice(at)];
}

/** The index of the first row later than `ms`; the rows' length when none is. */
export function indexAfter(rows: readonly Row[], ms: number): number {
  return bisect(rows, ([atMs]) => atMs > ms);
}

function compareScalars(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === b) return 0;
  if (typeof a === typeof b) return (a ?? 0) < (b ?? 0) ? -1 : 1;
  return typeof a < typeof b ? -1 : 1;
}
