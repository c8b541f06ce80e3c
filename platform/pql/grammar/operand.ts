import { type FunctionShape, findFunction, pqlFunctions } from '../functions';
import type { Aggregate, Expression, Field, Moment, Position, Quantifier } from '../tree';
import { parseChain } from './chain';
import { checkArguments } from './check-call';
import { findNearest } from './nearest';
import type { Parsing } from './parsing';
import { parseLet, parseOver, parseQuantifier } from './quantified';
import { SyntaxFailure } from './syntax-failure';
import type { Token } from './tokens';

const OPERAND = ['a name', 'a value', '('];
const MOMENTS: ReadonlySet<string> = new Set(['now', 'today', 'yesterday', 'tomorrow']);
const QUANTIFIERS: ReadonlySet<string> = new Set(['exists', 'forall', 'select']);
const AGGREGATES: ReadonlySet<string> = new Set(['count', 'sum', 'average', 'min', 'max']);
const BETWEEN_OPERANDS: ReadonlySet<string> = new Set([
  ...'and or in where over from occurs not ignoring'.split(' '),
  ...pqlFunctions.filter((each) => each.infix).map((each) => each.name.toLowerCase()),
]);

/** Reads one operand with all that hangs on it: `a.b[c].sum(d)`. */
export function parseOperand(parsing: Parsing): Expression {
  const operand = parseStart(parsing);
  return parseTail(parsing, operand, 0);
}

function parseTail(parsing: Parsing, of: Expression, calls: number): Expression {
  const { at } = parsing.peek();
  if (parsing.isSymbol('[')) {
    const where = parsing.inBrackets('[', ']', () => parsing.perItem(() => parsing.expression(parsing)));
    const filter: Expression = { kind: 'filter', of, where, at: of.at };
    return parsing.deeper(at, () => parseTail(parsing, filter, calls + 1));
  }
  if (!parsing.takeSymbol('.')) return of;
  const token = parsing.peek();
  const name = parsing.expectName('the name of a field or function');
  if (token.kind === 'word' && parsing.isSymbol('(')) {
    const call = parseCall(parsing, token, of);
    return parsing.deeper(at, () => parseTail(parsing, call, calls + 1));
  }
  return parseTail(parsing, toField(of, name, token.at), calls);
}

function toField(of: Expression, name: string, at: Position): Field {
  if (of.kind !== 'field') return { kind: 'field', of, path: [name], at: of.at };
  if (of.path.length >= 50) throw new SyntaxFailure('A path has at most 50 parts', at);
  return { ...of, path: [...of.path, name] };
}

function parseStart(parsing: Parsing): Expression {
  const token = parsing.peek();
  const { kind, value, at } = token;
  if (kind === 'text') return { kind: 'literal', value: parsing.next().value, at };
  if (kind === 'number') return { kind: 'literal', value: Number(parsing.next().value), at };
  if (kind === 'name') return { kind: 'name', name: parsing.next().value, up: 0, at };
  if (kind === 'word') return parseWord(parsing, token);
  if (kind === 'symbol' && value === '(') return parseParentheses(parsing, at);
  if (kind === 'symbol' && value === '[') return { kind: 'list', items: parseItems(parsing), at };
  if (kind === 'symbol' && value === '^') return parseOuter(parsing, at);
  if (!parsing.takeSymbol('$1')) parsing.fail(OPERAND);
  return { kind: 'root', at };
}

function parseParentheses(parsing: Parsing, at: Position): Expression {
  if (!parsing.isSymbol(')', 2) || !parsing.isSymbol('=>', 3)) {
    return parsing.inBrackets('(', ')', () => parsing.expression(parsing));
  }
  const parameter = parsing.inBrackets('(', ')', () => parsing.expectName('a name'));
  parsing.expectSymbol('=>');
  return parsing.deeper(at, () => ({ kind: 'lambda', parameter, body: parsing.expression(parsing), at }));
}

function parseItems(parsing: Parsing): readonly Expression[] {
  return parsing.inBrackets('[', ']', () => {
    if (parsing.isSymbol(']')) return [];
    const items = [parsing.expression(parsing)];
    while (parsing.takeSymbol(',')) items.push(parsing.expression(parsing));
    return items;
  });
}

function parseOuter(parsing: Parsing, at: Position): Expression {
  let up = 0;
  while (parsing.takeSymbol('^')) up++;
  if (up > parsing.listsAround) {
    throw new SyntaxFailure('There are fewer lists around this than it has ^', at);
  }
  return { kind: 'name', name: parsing.expectName('the name of a field'), up, at };
}

function parseWord(parsing: Parsing, token: Token): Expression {
  const { at } = token;
  const word = token.value.toLowerCase();
  const next = parsing.peek(1);
  if (parsing.isSymbol('=>', 1)) return parseBareLambda(parsing, at);
  if (word === 'true' || word === 'false' || word === 'null') {
    parsing.next();
    return { kind: 'literal', value: word === 'null' ? null : word === 'true', at };
  }
  if (MOMENTS.has(word)) return parseMoment(parsing, word as Moment['name'], at);
  if (next.kind === 'symbol' && next.value === '(') return parseFunction(parsing, token);
  const opensName = next.kind === 'name' || (next.kind === 'word' && !BETWEEN_OPERANDS.has(next.value.toLowerCase()));
  if (opensName) {
    const construct = parsePrefixed(parsing, word, at);
    if (construct) return construct;
  }
  if (BETWEEN_OPERANDS.has(word) && !continuesName(parsing)) parsing.fail(OPERAND);
  return { kind: 'name', name: parsing.next().value, up: 0, at };
}

/** A keyword where an operand must stand is a field of that name only when what follows can follow a field. */
function continuesName(parsing: Parsing): boolean {
  const { kind, value } = parsing.peek(1);
  return kind === 'end' || kind === 'word' || (kind === 'symbol' && !'(^!'.includes(value));
}

function parseBareLambda(parsing: Parsing, at: Position): Expression {
  const parameter = parsing.expectName('a name');
  parsing.expectSymbol('=>');
  return parsing.deeper(at, () => ({ kind: 'lambda', parameter, body: parsing.expression(parsing), at }));
}

function parseMoment(parsing: Parsing, name: Moment['name'], at: Position): Expression {
  parsing.next();
  if (parsing.takeSymbol('(')) parsing.expectSymbol(')');
  return { kind: 'moment', name, at };
}

function parsePrefixed(parsing: Parsing, word: string, at: Position): Expression | undefined {
  if (QUANTIFIERS.has(word) && parsing.isWord('from', 2)) {
    parsing.next();
    return parsing.deeper(at, () => parseQuantifier(parsing, word as Quantifier['quantifier'], at));
  }
  if (word === 'let' && parsing.isSymbol('=', 2)) {
    parsing.next();
    return parsing.deeper(at, () => parseLet(parsing, at));
  }
  if (!AGGREGATES.has(word)) return undefined;
  parsing.next();
  return parsing.deeper(at, () => parseOver(parsing, word as Aggregate['function'], parsing.sum(parsing), at));
}

function parseFunction(parsing: Parsing, token: Token): Expression {
  if (token.value.toLowerCase() === 'chain') {
    parsing.next();
    return parseChain(parsing, token.at);
  }
  parsing.next();
  const { value, at } = token;
  if (!findFunction(value)) throw unknownFunction(value, at);
  const parts = parseArguments(parsing, findFunction(value), 0);
  const [only] = parts;
  if (AGGREGATES.has(value.toLowerCase()) && parts.length === 1 && only && parsing.isWord('over')) {
    return parseOver(parsing, value.toLowerCase() as Aggregate['function'], only, at);
  }
  return toCall(value, parts, at);
}

function parseCall(parsing: Parsing, token: Token, receiver: Expression): Expression {
  const found = findFunction(token.value);
  if (!found) throw unknownFunction(token.value, token.at);
  return toCall(token.value, [receiver, ...parseArguments(parsing, found, 1)], receiver.at, token.at);
}

function parseArguments(parsing: Parsing, called: FunctionShape | undefined, first: number): readonly Expression[] {
  return parsing.inBrackets('(', ')', () => {
    if (parsing.isSymbol(')')) return [];
    const parts: Expression[] = [];
    do {
      const read = (): Expression => parsing.expression(parsing);
      parts.push(first + parts.length === called?.perItem ? parsing.perItem(read) : read());
    } while (parsing.takeSymbol(','));
    return parts;
  });
}

/** The call of a function that is known. Fails when it has too few or too many arguments. */
export function toCall(name: string, parts: readonly Expression[], at: Position, nameAt = at): Expression {
  const found = findFunction(name);
  if (!found) throw unknownFunction(name, nameAt);
  if (parts.length >= found.least && parts.length <= found.most) {
    checkArguments(found.name, parts);
    return { kind: 'call', function: found.name, arguments: parts, at };
  }
  const wanted = found.least === found.most ? `${found.least}` : `${found.least} to ${found.most}`;
  const message = `${found.name} takes ${wanted} arguments, the value before the point counted; it has ${parts.length}`;
  throw new SyntaxFailure(message, nameAt);
}

function unknownFunction(name: string, at: Position): SyntaxFailure {
  const names = ['chain', ...pqlFunctions.map((each) => each.name)];
  const suggestion = findNearest(name, names);
  return new SyntaxFailure(`There is no function ${name}`, at, ['a function'], suggestion);
}
