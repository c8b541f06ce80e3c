import type { Expression, Position } from '../tree';
import { SyntaxFailure } from './syntax-failure';
import type { Token } from './tokens';

/** The deepest nesting of brackets that a rule may have. */
const NESTING_LIMIT = 30;

/** Prefixes and calls in a row, which nest without brackets, may add as much again, twice. */
const DEPTH_LIMIT = 3 * NESTING_LIMIT;

/** A parse under way: where it stands in the tokens, how deep, and in how many lists. */
export class Parsing {
  /** False directly under `let S = …`, where `in` ends the value. */
  inIsOperator = true;
  private index = 0;
  private brackets = 0;
  private depth = 0;
  private lists = 0;

  constructor(
    private readonly tokens: readonly Token[],
    /** Reads a whole expression. */
    readonly expression: (parsing: Parsing) => Expression,
    /** Reads an expression that ends before a comparison, `and` or `or`. */
    readonly sum: (parsing: Parsing) => Expression,
  ) {}

  peek(ahead = 0): Token {
    const index = Math.min(this.index + ahead, this.tokens.length - 1);
    return this.tokens[index] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.value === symbol;
  }

  /** Keywords are read however they are capitalised; `word` is in lower case. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.value.toLowerCase() === word;
  }

  takeSymbol(symbol: string): boolean {
    const found = this.isSymbol(symbol);
    if (found) this.index++;
    return found;
  }

  takeWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.index++;
    return found;
  }

  expectSymbol(symbol: string, ...others: readonly string[]): void {
    if (!this.takeSymbol(symbol)) this.fail([symbol, ...others]);
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) this.fail([word]);
  }

  /** A name that the rule gives to something. */
  expectName(what: string): string {
    const token = this.peek();
    if (token.kind !== 'word' && token.kind !== 'name') this.fail([what]);
    this.index++;
    return token.value;
  }

  expectWhole(what: string): number {
    const token = this.peek();
    const value = Number(token.value);
    if (token.kind !== 'number' || !Number.isSafeInteger(value)) this.fail([what]);
    this.index++;
    return value;
  }

  /** Reads what stands between brackets. */
  inBrackets<T>(open: string, close: string, read: () => T): T {
    const { at } = this.peek();
    this.expectSymbol(open);
    if (++this.brackets > NESTING_LIMIT) throw tooDeep(at);
    const inWasOperator = this.inIsOperator;
    this.inIsOperator = true;
    const result = this.deeper(at, read);
    this.inIsOperator = inWasOperator;
    this.expectSymbol(close, 'an operator');
    this.brackets--;
    return result;
  }

  /** Reads what nests without a bracket of its own. */
  deeper<T>(at: Position, read: () => T): T {
    if (++this.depth > DEPTH_LIMIT) throw tooDeep(at);
    const result = read();
    this.depth--;
    return result;
  }

  /** Reads what is asked of each item of a list; there `^` reaches out. */
  perItem<T>(read: () => T): T {
    this.lists++;
    const result = read();
    this.lists--;
    return result;
  }

  get listsAround(): number {
    return this.lists;
  }

  fail(expected: readonly string[], suggestion?: string): never {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the rule ends' : `${JSON.stringify(token.value)} stands`;
    throw new SyntaxFailure(`Expected ${inWords(expected)} where ${found}`, token.at, expected, suggestion);
  }
}

function tooDeep(at: Position): SyntaxFailure {
  return new SyntaxFailure(`A rule may nest ${NESTING_LIMIT} deep; this one goes deeper`, at);
}

function inWords(parts: readonly string[]): string {
  if (parts.length <= 1) return parts.join();
  return `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}
