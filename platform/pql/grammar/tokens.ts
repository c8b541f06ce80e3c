import type { Position } from '../tree';
import { SyntaxFailure } from './syntax-failure';

export type TokenKind = 'word' | 'name' | 'text' | 'number' | 'symbol' | 'end';

/** `name` is a field in backquotes, never a keyword. `value` is what the token stands for. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly at: Position;
}

const SPACE = /[\s\u00a0\ufeff]+/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SYMBOL = /=>|<=|>=|!=|\$1|[()[\],.:=<>+\-*/%^!]/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  "'": "'",
  '`': '`',
  '\\': '\\',
};

/** The tokens of `text`, an `end` last. Fails with the place of a character that begins none. Takes linear time. */
export function toTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const place = createPlaces(text);
  let offset = skipSpace(text, 0);
  while (offset < text.length) {
    const { kind, value, end } = readToken(text, offset, place(offset));
    tokens.push({ kind, value, at: place(offset) });
    offset = skipSpace(text, end);
  }
  tokens.push({ kind: 'end', value: '', at: place(text.length) });
  return tokens;
}

interface Read {
  readonly kind: TokenKind;
  readonly value: string;
  readonly end: number;
}

function readToken(text: string, offset: number, at: Position): Read {
  const first = text[offset];
  if (first === '"' || first === "'" || first === '`') return readQuoted(text, offset, first, at);
  const word = match(WORD, text, offset);
  if (word !== undefined) return { kind: 'word', value: word, end: offset + word.length };
  const number = match(NUMBER, text, offset);
  if (number !== undefined) return readNumber(number, offset + number.length, at);
  const symbol = match(SYMBOL, text, offset);
  if (symbol !== undefined) return { kind: 'symbol', value: symbol, end: offset + symbol.length };
  const shown = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  throw new SyntaxFailure(`The character ${JSON.stringify(shown)} has no meaning here`, at);
}

function readNumber(digits: string, end: number, at: Position): Read {
  if (!Number.isFinite(Number(digits))) throw new SyntaxFailure('This number is too large', at);
  return { kind: 'number', value: digits, end };
}

/** Escapes that mean nothing keep their backslash, so that regular expressions can be pasted. */
function readQuoted(text: string, start: number, quote: string, at: Position): Read {
  let value = '';
  for (let offset = start + 1; offset < text.length; offset++) {
    const char = text[offset] as string;
    if (char === quote) return { kind: quote === '`' ? 'name' : 'text', value, end: offset + 1 };
    if (char !== '\\') {
      value += char;
      continue;
    }
    const next = text[++offset] ?? '';
    const unicode = next === 'u' ? /^[0-9a-fA-F]{4}/.exec(text.slice(offset + 1, offset + 5))?.[0] : undefined;
    if (unicode !== undefined) offset += 4;
    value += unicode !== undefined ? String.fromCharCode(Number.parseInt(unicode, 16)) : (ESCAPES[next] ?? `\\${next}`);
  }
  throw new SyntaxFailure('This text does not end', at, [quote]);
}

function skipSpace(text: string, offset: number): number {
  return offset + (match(SPACE, text, offset)?.length ?? 0);
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** Turns offsets, asked for in rising order, into lines and columns. */
function createPlaces(text: string): (offset: number) => Position {
  let line = 1;
  let lineStart = 0;
  let seen = 0;
  return (offset) => {
    for (; seen < offset; seen++) {
      if (text.charCodeAt(seen) !== 10) continue;
      line++;
      lineStart = seen + 1;
    }
    return { line, column: offset - lineStart + 1 };
  };
}
