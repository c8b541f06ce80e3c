import type { Unit } from '../tree';
import { findNearest } from './nearest';
import type { Parsing } from './parsing';

const REGULAR: readonly Unit[] = [
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
];

const UNITS: ReadonlyMap<string, Unit> = new Map<string, Unit>([
  ...REGULAR.flatMap((unit): [string, Unit][] => [
    [unit, unit],
    [`${unit}s`, unit],
  ]),
  ['century', 'century'],
  ['centuries', 'century'],
  ['millennium', 'millennium'],
  ['millennia', 'millennium'],
]);

/** True when the token `ahead` is a unit of time. */
export function isUnit(parsing: Parsing, ahead: number): boolean {
  const token = parsing.peek(ahead);
  return token.kind === 'word' && UNITS.has(token.value.toLowerCase());
}

/** Reads a unit of time, in the singular or plural. */
export function expectUnit(parsing: Parsing): Unit {
  const { kind, value } = parsing.peek();
  const unit = kind === 'word' ? UNITS.get(value.toLowerCase()) : undefined;
  if (!unit) parsing.fail(['a unit of time'], kind === 'word' ? findNearest(value, UNITS.keys()) : undefined);
  parsing.next();
  return unit;
}
