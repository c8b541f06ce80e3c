import type { Columns, RowValue } from './columns';
import type { Condition, Conditions } from './mapping';

/** Whether a row meets what a mapping asks. */
export type Test = (row: RowValue) => boolean;

/** Compiles the conditions of a mapping: all must hold. An empty column is the text of no characters. */
export function compileConditions(conditions: Conditions, columns: Columns): Test {
  const tests = (Array.isArray(conditions) ? conditions : [conditions]).map((one) => compileOne(one, columns));
  return (row) => tests.every((test) => test(row));
}

function compileOne(condition: Condition, columns: Columns): Test {
  const read = columns.reader(condition.column);
  const holds = compileText(condition);
  return (row) => holds(String(read(row) ?? ''));
}

function compileText(condition: Condition): (text: string) => boolean {
  const { equals, notEquals, startsWith, endsWith, contains, matches, empty } = condition;
  if (equals !== undefined) return (text) => text === String(equals);
  if (notEquals !== undefined) return (text) => text !== String(notEquals);
  if (startsWith !== undefined) return (text) => text.startsWith(startsWith);
  if (endsWith !== undefined) return (text) => text.endsWith(endsWith);
  if (contains !== undefined) return (text) => text.includes(contains);
  if (empty !== undefined) return (text) => (text.trim() === '') === empty;
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u');
    return (text) => pattern.test(text);
  }
  const among = new Set(condition.in?.map(String));
  return (text) => among.has(text);
}
