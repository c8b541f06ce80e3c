/** Why a row cannot be read. */
export type RowFaultCode = 'BAD_ENCODING' | 'BAD_JSON' | 'BAD_QUOTE' | 'RAGGED_ROW' | 'ROW_TOO_LONG' | 'UNCLOSED_QUOTE';

/** A row that cannot be read. It costs no other row. */
export interface RowFault {
  readonly kind: 'fault';
  /** The line that it begins on, from 1. */
  readonly line: number;
  readonly code: RowFaultCode;
  /** A sentence. */
  readonly message: string;
  /** The row as it stands in the text; of a long one the beginning. */
  readonly text: string;
}

/** One row as it was read, or what is wrong with it. */
export type Row<Value> = { readonly kind: 'row'; readonly line: number; readonly value: Value } | RowFault;

/** Takes text piece by piece and gives the rows that are complete; `end` gives what was left. */
export interface RowReader<Value> {
  push(text: string): readonly Row<Value>[];
  end(): readonly Row<Value>[];
}

/** The longest row that is read, in characters: what bounds the memory. */
export const LONGEST_ROW = 1_048_576;

const KEPT_CHARACTERS = 2000;

/** The fault of the row that begins on `line`. */
export function rowFault(line: number, code: RowFaultCode, message: string, text: string): RowFault {
  return { kind: 'fault', line, code, message, text: text.slice(0, KEPT_CHARACTERS) };
}

/** The fault of a row some of whose bytes could not be decoded: U+FFFD stands in their place. */
export function encodingFault(line: number, text: string): RowFault | undefined {
  if (!text.includes('\uFFFD')) return undefined;
  const message = 'The row holds bytes that are no text in the encoding that was declared; is it latin1?';
  return rowFault(line, 'BAD_ENCODING', message, text);
}
