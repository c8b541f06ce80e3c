import { asCondition } from '../../../../../platform/pql/condition';
import { compileEventPql, type PqlEvent } from '../../../../../platform/pql/evaluate';
import { createPathReader } from '../../../../../platform/pql/evaluation/fields';
import { isMissing } from '../../../../../platform/pql/evaluation/values';
import type { Expression } from '../../../../../platform/pql/tree';
import { toFieldLeaf } from '../planning/field-leaf';
import type { FieldTest } from '../planning/leaf';

/** Compiles a condition on one event: a test of one field directly, any other as an expression. */
export function compileEventTest(condition: Expression, timeZone: string): (event: PqlEvent) => boolean {
  const found = toFieldLeaf(condition);
  if (found?.kind === 'leaf' && found.leaf.kind === 'field' && found.leaf.path[0] !== 'timestamp') {
    const read = createPathReader(found.leaf.path);
    const holds = compileTest(found.leaf.test);
    return (event) => holds(read(event.data));
  }
  const evaluate = compileEventPql(asCondition(condition), { timeZone });
  return (event) => evaluate(event) === true;
}

function compileTest(test: FieldTest): (value: unknown) => boolean {
  if (test.kind === 'missing') return isMissing;
  if (test.kind === 'any') {
    const [only] = test.values;
    return test.values.length === 1
      ? (value) => value === only
      : (value) => (test.values as readonly unknown[]).includes(value);
  }
  const { operator, value: limit } = test;
  const compare = COMPARISONS[operator];
  return (value) => typeof value === 'number' && compare(value, limit);
}

const COMPARISONS: Readonly<
  Record<Extract<FieldTest, { kind: 'number' }>['operator'], (a: number, b: number) => boolean>
> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
