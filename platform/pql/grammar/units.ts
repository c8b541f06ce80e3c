import { UNITS, type Unit } from '../unit';
import { findNearest } from './nearest';
import type { Parsing } from './parsing';

const WORDS: ReadonlyMap<string, Unit> = new Map(
  (Object.entries(UNITS) as [Unit, string][]).flatMap(([unit, plural]) => [
    [unit, unit],
    [plural, unit],
  ]),
);

/** True when the token `ahead` is a unit of time. */
export function isUnit(parsing: Parsing, ahead: number): boolean {
  const token = parsing.peek(ahead);
  return token.kind === 'word' && WORDS.has(token.value.toLowerCase());
}

/** Reads a unit of time, in the singular or plural. */
export function expectUnit(parsing: Parsing): Unit {
  const { kind, value } = parsing.peek();
  const unit = kind === 'word' ? WORDS.get(value.toLowerCase()) : undefined;
  if (!unit) parsing.fail(['a unit of time'], kind === 'word' ? findNearest(value, WORDS.keys()) : undefined);
  parsing.next();
  return unit;
}
