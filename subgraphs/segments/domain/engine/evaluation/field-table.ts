import { createPathReader, type PathReader } from '../../../../../platform/pql/evaluation/fields';
import { isMissing } from '../../../../../platform/pql/evaluation/values';
import type { FieldTest } from '../planning/leaf';

/** A field of the profile, and everything that is asked of it. */
export interface FieldColumn {
  readonly path: readonly string[];
  readonly read: PathReader;
  /** Comparisons with a number, as three columns. */
  readonly numbers: { readonly leaf: number; readonly operator: NumberOperator; readonly value: number }[];
  /** Which conditions hold for a text or truth value. */
  readonly byValue: Map<unknown, number[]>;
  /** All conditions of `byValue`, each once. */
  readonly valued: number[];
  /** Conditions that hold where it is missing. */
  readonly missing: number[];
  /** Conditions that read it in a way of their own. */
  readonly formulas: number[];
}

type NumberOperator = Extract<FieldTest, { kind: 'number' }>['operator'];

/** A column without conditions. */
export function createColumn(path: readonly string[]): FieldColumn {
  return { path, read: createPathReader(path), numbers: [], byValue: new Map(), valued: [], missing: [], formulas: [] };
}

/** Adds a condition to its field's column. */
export function addFieldTest(column: FieldColumn, leaf: number, test: FieldTest): void {
  switch (test.kind) {
    case 'number':
      column.numbers.push({ leaf, operator: test.operator, value: test.value });
      return;
    case 'missing':
      column.missing.push(leaf);
      return;
    case 'any':
      column.valued.push(leaf);
      for (const value of new Set(test.values)) {
        const leaves = column.byValue.get(value);
        if (leaves) leaves.push(leaf);
        else column.byValue.set(value, [leaf]);
      }
  }
}

/** Tells the truth of all simple conditions of a field. */
export function testField(column: FieldColumn, value: unknown, tell: (leaf: number, holds: boolean) => void): void {
  const isNumber = typeof value === 'number';
  for (const { leaf, operator, value: limit } of column.numbers)
    tell(leaf, isNumber && compare(value, operator, limit));
  if (column.valued.length > 0) {
    const holding = column.byValue.get(value);
    for (const leaf of column.valued) if (!holding?.includes(leaf)) tell(leaf, false);
    if (holding) for (const leaf of holding) tell(leaf, true);
  }
  if (column.missing.length > 0) {
    const isGone = isMissing(value);
    for (const leaf of column.missing) tell(leaf, isGone);
  }
}

function compare(value: number, operator: NumberOperator, limit: number): boolean {
  switch (operator) {
    case '=':
      return value === limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
}
