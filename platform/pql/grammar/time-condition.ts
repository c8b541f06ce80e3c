import type { Comparison, Expression, Period, TimeCondition } from '../tree';
import type { Parsing } from './parsing';
import { expectUnit, isUnit } from './units';

const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(['=', '!=', '<', '<=', '>', '>=']);
const DIRECTIONS = ['before', 'after', 'from'] as const;

/** The comparison that stands next, if one does. */
export function findComparison(parsing: Parsing): Comparison | undefined {
  const { kind, value } = parsing.peek();
  return kind === 'symbol' && COMPARISONS.has(value) ? (value as Comparison) : undefined;
}

/** Reads what follows `occurs`: `< 7 days before now`, `last week`, `on date(…)`, `between … and …`. */
export function parseTimeCondition(parsing: Parsing): TimeCondition {
  const early = takeIgnoringYear(parsing);
  const condition = parseCondition(parsing);
  return takeIgnoringYear(parsing) || early ? { ...condition, ignoringYear: true } : condition;
}

function takeIgnoringYear(parsing: Parsing): boolean {
  if (!parsing.isWord('ignoring')) return false;
  parsing.next();
  parsing.expectWord('year');
  return true;
}

function parseCondition(parsing: Parsing): TimeCondition {
  if (findComparison(parsing)) return parseDistance(parsing);
  const direction = takeDirection(parsing);
  if (direction) return { kind: direction, reference: parseReference(parsing) };
  if (parsing.takeWord('between')) {
    const low = parseReference(parsing);
    parsing.expectWord('and');
    return { kind: 'between', low, high: parseReference(parsing) };
  }
  parsing.takeWord('on');
  return { kind: 'on', reference: parseReference(parsing) };
}

function parseDistance(parsing: Parsing): TimeCondition {
  const comparison = findComparison(parsing) ?? '=';
  parsing.next();
  const count = parsing.expectWhole('a whole number');
  const unit = expectUnit(parsing);
  const direction = takeDirection(parsing);
  if (!direction) parsing.fail([...DIRECTIONS]);
  return { kind: 'distance', comparison, count, unit, direction, reference: parseReference(parsing) };
}

function takeDirection(parsing: Parsing): (typeof DIRECTIONS)[number] | undefined {
  return DIRECTIONS.find((direction) => parsing.takeWord(direction));
}

function parseReference(parsing: Parsing): Expression {
  return parsePeriod(parsing) ?? parsing.sum(parsing);
}

function parsePeriod(parsing: Parsing): Period | undefined {
  const { at, value } = parsing.peek();
  const which = (['this', 'last', 'next'] as const).find((word) => parsing.isWord(word));
  if (!which || (parsing.isSymbol('.', 1) && value === which)) return undefined;
  if (!isUnit(parsing, 1)) {
    parsing.next();
    expectUnit(parsing);
  }
  parsing.next();
  return { kind: 'period', which, unit: expectUnit(parsing), at };
}
