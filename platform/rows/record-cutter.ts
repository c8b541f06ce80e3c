import { LONGEST_ROW, type RowFault, rowFault } from './row';

/** The text of one row, without the line break behind it. */
export interface RecordText {
  readonly kind: 'text';
  /** The line that it begins on. */
  readonly line: number;
  readonly text: string;
}

/** Takes a piece of text; gives the rows that are complete by it. Lines that are empty are no rows. */
export type CutRecords = (piece: string, final: boolean) => readonly (RecordText | RowFault)[];

/** `end`: a line break ends the row. `bad`: no row can begin so. `open`: more text is needed to tell. */
export interface RecordEnd {
  readonly kind: 'end' | 'bad' | 'open';
  readonly at: number;
}

/** Finds the end of the row that begins at `start`, and whose first line ends at `lineEnd`. */
export type FindEnd = (text: string, start: number, lineEnd: number) => RecordEnd;

/**
 * A cutter that keeps no more than the longest row. A row that is too long, or that has no end, costs its first line
 * alone: reading goes on at the next one. How the text was cut into pieces makes no difference.
 */
export function createRecordCutter(findEnd: FindEnd): CutRecords {
  let text = '';
  let line = 1;
  let begun = false;
  // True while the end of a line that was refused for its length has not come.
  let dropping = false;

  const drop = (): void => {
    const lineEnd = text.indexOf('\n');
    dropping = lineEnd === -1;
    text = dropping ? '' : text.slice(lineEnd + 1);
    if (!dropping) line += 1;
  };
  return (piece, final) => {
    text += begun ? piece : piece.replace(/^\uFEFF/, '');
    begun ||= piece !== '';
    if (final && text !== '' && !text.endsWith('\n')) text += '\n';
    if (dropping) drop();
    const found: (RecordText | RowFault)[] = [];
    let start = 0;
    for (let next = cutOne(text, 0, line, final, findEnd); next; next = cutOne(text, start, line, final, findEnd)) {
      if (next.found.text !== '' || next.found.kind === 'fault') found.push(next.found);
      line += next.stop === next.lineEnd ? 1 : countLines(text, start, next.stop);
      start = next.stop + 1;
    }
    text = text.slice(start);
    if (text.length > LONGEST_ROW) {
      found.push(tooLong(line, text));
      drop();
    }
    return found;
  };
}

interface Cut {
  readonly found: RecordText | RowFault;
  readonly lineEnd: number;
  /** The line break behind it. */
  readonly stop: number;
}

function cutOne(text: string, start: number, line: number, final: boolean, findEnd: FindEnd): Cut | undefined {
  const lineEnd = text.indexOf('\n', start);
  if (lineEnd === -1) return undefined;
  const first = { lineEnd, stop: lineEnd };
  if (lineEnd - start > LONGEST_ROW) return { ...first, found: tooLong(line, text.slice(start, lineEnd)) };
  const { kind, at } = findEnd(text, start, lineEnd);
  if (kind === 'open' && !final && text.length - start <= LONGEST_ROW) return undefined;
  const near = at - start <= LONGEST_ROW;
  if (kind === 'end' && near)
    return { lineEnd, stop: at, found: { kind: 'text', line, text: withoutReturn(text, start, at) } };
  return { ...first, found: quoteFault(line, kind === 'bad' && near, withoutReturn(text, start, lineEnd)) };
}

function tooLong(line: number, text: string): RowFault {
  return rowFault(line, 'ROW_TOO_LONG', `The row is longer than ${LONGEST_ROW} characters.`, text);
}

function quoteFault(line: number, isBad: boolean, text: string): RowFault {
  return isBad
    ? rowFault(line, 'BAD_QUOTE', 'A cell goes on after its closing quote; a quote inside is written twice.', text)
    : rowFault(line, 'UNCLOSED_QUOTE', 'A cell opens a quote that is never closed.', text);
}

function withoutReturn(text: string, start: number, stop: number): string {
  return text.slice(start, stop > start && text[stop - 1] === '\r' ? stop - 1 : stop);
}

function countLines(text: string, start: number, stop: number): number {
  let lines = 0;
  for (let at = start - 1; at < stop; lines += 1) at = text.indexOf('\n', at + 1);
  return lines;
}
