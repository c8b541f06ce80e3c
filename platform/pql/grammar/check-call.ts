import { compilePattern } from '../regex';
import { createCalendar } from '../time/calendar';
import type { Expression, Literal } from '../tree';
import { SyntaxFailure } from './syntax-failure';

/** Refuses a call whose literal arguments can be seen to be wrong: a pattern, a date, the id of a segment. */
export function checkArguments(name: string, parts: readonly Expression[]): void {
  if (name === 'matches' || name === 'regexGroup') checkPattern(parts[1]);
  if (name === 'date') checkDate(parts);
  if (name === 'inSegment') checkSegment(parts[0]);
}

function checkPattern(pattern: Expression | undefined): void {
  if (pattern?.kind !== 'literal') return;
  const compiled = typeof pattern.value === 'string' ? compilePattern(pattern.value, false) : 'A pattern is a text';
  if (typeof compiled === 'string') throw new SyntaxFailure(compiled, pattern.at, ['a regular expression (RE2)']);
}

function checkDate(parts: readonly Expression[]): void {
  const numbers = parts.filter((part): part is Literal => part.kind === 'literal').map(({ value }) => value);
  const [year, month, day] = numbers.map(Number);
  if (numbers.length < 3 || createCalendar().day(year ?? 0, month ?? 0, day ?? 0)) return;
  const at = parts[0]?.at ?? { line: 1, column: 1 };
  throw new SyntaxFailure(`The calendar has no date(${numbers.join(', ')})`, at, ['a year, a month and a day']);
}

function checkSegment(id: Expression | undefined): void {
  if (id?.kind === 'literal' && typeof id.value === 'string') return;
  const at = id?.at ?? { line: 1, column: 1 };
  throw new SyntaxFailure('A segment is named by its id, as a text', at, ['the id of a segment in quotes']);
}
