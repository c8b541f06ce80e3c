import type { Aggregate, Row } from '../computed-attribute';
import { addDecimals, addNumbers, type Decimal, ZERO } from './decimal';

/** Events, or, with a value path, the values that are there. */
export function createCount(countsValues: boolean): Aggregate<number> {
  return {
    empty: 0,
    rowsOf: ({ timestampMs }, values) => {
      const count = countsValues ? values.length : 1;
      return count > 0 ? [[timestampMs, count]] : [];
    },
    fold: (whole, rows) => rows.reduce((sum, [, count]) => sum + Number(count), whole),
    merge: (a, b) => a + b,
    read: (whole) => whole,
  };
}

/** The sum of the numbers; 0 for none, missing when it is too large for a number. */
export function createSum(): Aggregate<Decimal> {
  return {
    empty: ZERO,
    rowsOf: ({ timestampMs }, values) => numbersOf(values).map((value) => [timestampMs, value]),
    fold: (whole, rows) => (rows.length === 0 ? whole : addNumbers(whole, rows.map(toNumber))),
    merge: addDecimals,
    read: (whole) => toFinite(Number(whole)),
  };
}

type Mean = readonly [count: number, sum: Decimal];

/** The mean of the numbers; missing for none. */
export function createAverage(): Aggregate<Mean> {
  const sum = createSum();
  return {
    empty: [0, ZERO],
    rowsOf: sum.rowsOf,
    fold: (whole, rows) => (rows.length === 0 ? whole : [whole[0] + rows.length, sum.fold(whole[1], rows)]),
    merge: (a, b) => [a[0] + b[0], addDecimals(a[1], b[1])],
    read: ([count, total]) => (count > 0 ? toFinite(Number(total) / count) : undefined),
  };
}

function numbersOf(values: readonly unknown[]): readonly number[] {
  return values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

function toNumber([, value]: Row): number {
  return Number(value);
}

function toFinite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
