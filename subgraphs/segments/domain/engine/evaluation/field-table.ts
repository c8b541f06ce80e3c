import { createPathReader, type PathReader } from '../../../../../platform/pql/evaluation/fields';
import { isMissing } from '../../../../../platform/pql/evaluation/values';
import type { FieldTest } from '../planning/leaf';

/** A field of the profile, and everything that is asked of it. Built while rules are compiled. */
export interface FieldColumn {
  readonly path: readonly string[];
  readonly read: PathReader;
  readonly tests: { readonly leaf: number; readonly test: FieldTest }[];
  /** Units that read it in a way of their own. */
  readonly formulas: number[];
}

/** A column without conditions. */
export function createColumn(path: readonly string[]): FieldColumn {
  return { path, read: createPathReader(path), tests: [], formulas: [] };
}

/** Tells what a condition came to. */
export type Tell = (leaf: number, truth: 0 | 1) => void;

/** The tests of one field, sorted so that a change of value meets those alone that it turns. */
export interface FieldTests {
  /** Takes down the tests that hold, among truths of which none does yet. */
  takeDown(value: unknown, truth: Uint8Array): void;
  /** Tells every test. */
  testAll(value: unknown, tell: Tell): void;
  /** Tells the tests that may turn when the value was another one before. */
  testChange(before: unknown, value: unknown, tell: Tell): void;
}

/** Sorts a column's tests. */
export function createFieldTests({ tests }: FieldColumn): FieldTests {
  const cuts = createCuts(tests);
  const choices = createChoices(tests);
  const missing = tests.flatMap(({ leaf, test }) => (test.kind === 'missing' ? [leaf] : []));
  const tellMissing = (value: unknown, tell: Tell): void => {
    const truth = isMissing(value) ? 1 : 0;
    for (const leaf of missing) tell(leaf, truth);
  };
  return {
    takeDown(value, truth) {
      cuts.takeDown(value, truth);
      choices.takeDown(value, truth);
      if (missing.length > 0 && isMissing(value)) for (const leaf of missing) truth[leaf] = 1;
    },
    testAll(value, tell) {
      cuts.testAll(value, tell);
      choices.testAll(value, tell);
      tellMissing(value, tell);
    },
    testChange(before, value, tell) {
      cuts.testChange(before, value, tell);
      choices.testChange(before, value, tell);
      tellMissing(value, tell);
    },
  };
}

type NumberTest = Extract<FieldTest, { kind: 'number' }>;

/**
 * Comparisons with a number are cuts of the line: a value lies above those before its place. Between the places of two
 * values lie exactly the comparisons that tell them apart.
 */
function createCuts(tests: FieldColumn['tests']): FieldTests {
  const sorted = tests
    .flatMap(({ leaf, test }) => (test.kind === 'number' && test.operator !== '=' ? [{ leaf, ...test }] : []))
    .sort((a, b) => a.value - b.value || Number(includesItself(b)) - Number(includesItself(a)));
  const leaves = Int32Array.from(sorted, ({ leaf }) => leaf);
  const limits = Float64Array.from(sorted, ({ value }) => value);
  const inclusive = Uint8Array.from(sorted, (test) => (includesItself(test) ? 1 : 0));
  /** What a comparison comes to for values above its cut. */
  const above = Uint8Array.from(sorted, ({ operator }) => (operator === '>' || operator === '>=' ? 1 : 0));
  /** Those that hold above their cut, those that hold below it, and of each place how many of the first lie before it. */
  const rising = leaves.filter((_, i) => above[i] === 1);
  const falling = leaves.filter((_, i) => above[i] === 0);
  const risesBefore = new Int32Array(leaves.length + 1);
  for (let i = 0; i < leaves.length; i++) risesBefore[i + 1] = (risesBefore[i] as number) + (above[i] as number);

  const placeOf = (value: number): number => {
    let low = 0;
    let high = limits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const limit = limits[middle] as number;
      if (value > limit || (value === limit && inclusive[middle] === 1)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const tellFrom = (from: number, to: number, isAbove: boolean, tell: Tell): void => {
    for (let i = from; i < to; i++) tell(leaves[i] as number, (above[i] === 1) === isAbove ? 1 : 0);
  };
  const testAll = (value: unknown, tell: Tell): void => {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      for (const leaf of leaves) tell(leaf, 0);
      return;
    }
    const place = placeOf(value);
    tellFrom(0, place, true, tell);
    tellFrom(place, leaves.length, false, tell);
  };
  return {
    takeDown(value, truth) {
      if (typeof value !== 'number' || Number.isNaN(value)) return;
      const place = placeOf(value);
      const rises = risesBefore[place] as number;
      for (let i = 0; i < rises; i++) truth[rising[i] as number] = 1;
      for (let i = place - rises; i < falling.length; i++) truth[falling[i] as number] = 1;
    },
    testAll,
    testChange(before, value, tell) {
      if (leaves.length === 0) return;
      const areNumbers = typeof before === 'number' && typeof value === 'number';
      if (!areNumbers || Number.isNaN(before) || Number.isNaN(value)) {
        testAll(value, tell);
        return;
      }
      const [from, to] = [placeOf(before), placeOf(value)];
      if (from < to) tellFrom(from, to, true, tell);
      else tellFrom(to, from, false, tell);
    },
  };
}

/** Whether a value that equals the number lies above the cut. */
function includesItself({ operator }: NumberTest): boolean {
  return operator === '>=' || operator === '<';
}

/** Conditions on being one of some values: each value knows those that hold for it. */
function createChoices(tests: FieldColumn['tests']): FieldTests {
  const byValue = new Map<unknown, number[]>();
  const all: number[] = [];
  for (const { leaf, test } of tests) {
    const values = valuesOf(test);
    if (values.length > 0) all.push(leaf);
    for (const value of new Set(values)) {
      const leaves = byValue.get(value);
      if (leaves) leaves.push(leaf);
      else byValue.set(value, [leaf]);
    }
  }
  const tellHolding = (value: unknown, truth: 0 | 1, tell: Tell): void => {
    const holding = byValue.get(value);
    if (holding) for (const leaf of holding) tell(leaf, truth);
  };
  return {
    takeDown(value, truth) {
      const holding = byValue.get(value);
      if (holding) for (const leaf of holding) truth[leaf] = 1;
    },
    testAll(value, tell) {
      const holding = new Set(byValue.get(value));
      for (const leaf of all) if (!holding.has(leaf)) tell(leaf, 0);
      tellHolding(value, 1, tell);
    },
    testChange(before, value, tell) {
      const holding = byValue.get(value);
      for (const leaf of byValue.get(before) ?? []) if (!holding?.includes(leaf)) tell(leaf, 0);
      tellHolding(value, 1, tell);
    },
  };
}

function valuesOf(test: FieldTest): readonly unknown[] {
  if (test.kind === 'any') return test.values;
  return test.kind === 'number' && test.operator === '=' ? [test.value] : [];
}
