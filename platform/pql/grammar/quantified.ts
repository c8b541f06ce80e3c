import type { Aggregate, Let, Position, Quantifier, Source } from '../tree';
import type { Parsing } from './parsing';

/** Reads `exists V from list where …, W from V.list where …` from after its keyword. */
export function parseQuantifier(parsing: Parsing, quantifier: Quantifier['quantifier'], at: Position): Quantifier {
  const sources = [parseSource(parsing)];
  while (parsing.isSymbol(',') && parsing.isWord('from', 2)) {
    parsing.next();
    sources.push(parseSource(parsing));
  }
  return { kind: 'quantifier', quantifier, sources, at };
}

/** Reads `over V from list where …` after the value that is added up. */
export function parseOver(
  parsing: Parsing,
  name: Aggregate['function'],
  value: Aggregate['value'],
  at: Position,
): Aggregate {
  parsing.expectWord('over');
  return { kind: 'aggregate', function: name, value, source: parseSource(parsing), at };
}

/** Reads `let S = value in (body)` from after its keyword. */
export function parseLet(parsing: Parsing, at: Position): Let {
  const variable = parsing.expectName('a name');
  parsing.expectSymbol('=');
  const inWasOperator = parsing.inIsOperator;
  parsing.inIsOperator = false;
  const value = parsing.expression(parsing);
  parsing.inIsOperator = inWasOperator;
  parsing.expectWord('in');
  return { kind: 'let', variable, value, body: parsing.expression(parsing), at };
}

function parseSource(parsing: Parsing): Source {
  const variable = parsing.expectName('a name');
  parsing.expectWord('from');
  const from = parsing.sum(parsing);
  if (!parsing.takeWord('where') && !parsing.takeSymbol(':')) return { variable, from };
  return { variable, from, where: parsing.expression(parsing) };
}
