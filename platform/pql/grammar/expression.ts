import { findFunction } from '../functions';
import type { Arithmetic, Expression, Logical, Position } from '../tree';
import { parseOperand, toCall } from './operand';
import type { Parsing } from './parsing';
import { SyntaxFailure } from './syntax-failure';
import { findComparison, parseTimeCondition } from './time-condition';

/** Reads a whole expression: the weakest operator, `or`, first. */
export function parseExpression(parsing: Parsing): Expression {
  return parseLogical(parsing, 'or', () => parseLogical(parsing, 'and', () => parseNot(parsing)));
}

function parseLogical(parsing: Parsing, kind: Logical['kind'], parsePart: () => Expression): Expression {
  const first = parsePart();
  if (!parsing.isWord(kind)) return first;
  const of = [first];
  while (parsing.takeWord(kind)) of.push(parsePart());
  return { kind, of: of.flatMap((part) => (part.kind === kind ? part.of : [part])), at: first.at };
}

function parseNot(parsing: Parsing): Expression {
  const { at } = parsing.peek();
  const isNot = parsing.isSymbol('!') || (parsing.isWord('not') && !isFieldNamedNot(parsing));
  if (!isNot) return parseComparison(parsing);
  parsing.next();
  return parsing.deeper(at, () => ({ kind: 'not', of: parseNot(parsing), at }));
}

function isFieldNamedNot(parsing: Parsing): boolean {
  return parsing.isSymbol('.', 1) || parsing.isSymbol('=', 1);
}

function parseComparison(parsing: Parsing): Expression {
  const left = parseSum(parsing);
  const compared = parseOneComparison(parsing, left);
  if (!compared) return left;
  if (parseOneComparison(parsing, left)) {
    throw new SyntaxFailure('Two comparisons in a row need brackets, or `and` between them', left.at, ['and', 'or']);
  }
  return compared;
}

function parseOneComparison(parsing: Parsing, left: Expression): Expression | undefined {
  const { at } = left;
  const operator = findComparison(parsing);
  if (operator) {
    parsing.next();
    return { kind: 'compare', operator, left, right: parseSum(parsing), at };
  }
  if (parsing.takeWord('occurs')) return { kind: 'occurs', of: left, when: parseTimeCondition(parsing), at };
  if (parsing.isWord('not') && parsing.isWord('in', 1) && parsing.inIsOperator) {
    parsing.next();
    parsing.next();
    return toCall('notIn', [left, parseSum(parsing)], at);
  }
  return parseInfix(parsing, left);
}

function parseInfix(parsing: Parsing, left: Expression): Expression | undefined {
  const { kind, value } = parsing.peek();
  if (kind !== 'word' || !findFunction(value)?.infix) return undefined;
  if (value.toLowerCase() === 'in' && !parsing.inIsOperator) return undefined;
  parsing.next();
  return toCall(value, [left, parseSum(parsing)], left.at);
}

/** Reads an expression that ends before a comparison, `and` or `or`. */
export function parseSum(parsing: Parsing): Expression {
  return parseArithmetic(parsing, '+-', () => parseArithmetic(parsing, '*/%', () => parseSigned(parsing)));
}

function parseArithmetic(parsing: Parsing, operators: string, parsePart: () => Expression): Expression {
  const first = parsePart();
  const rest: Arithmetic['rest'][number][] = [];
  for (;;) {
    const { kind, value } = parsing.peek();
    if (kind !== 'symbol' || !operators.includes(value)) break;
    parsing.next();
    rest.push({ operator: value as Arithmetic['rest'][number]['operator'], operand: parsePart() });
  }
  return rest.length > 0 ? { kind: 'arithmetic', first, rest, at: first.at } : first;
}

function parseSigned(parsing: Parsing): Expression {
  const { at } = parsing.peek();
  if (!parsing.takeSymbol('-')) return parseOperand(parsing);
  return parsing.deeper(at, () => negate(parseSigned(parsing), at));
}

function negate(of: Expression, at: Position): Expression {
  if (of.kind === 'literal' && typeof of.value === 'number') return { ...of, value: -of.value, at };
  return { kind: 'negate', of, at };
}
