import {
  createRowSplitter,
  endOfLine,
  type FoundRow,
  LONGEST_ROW,
  type RowSplitter,
  refuse,
  toRow,
} from './source-row';

/**
 * Splits CSV (RFC 4180: quoted cells may hold delimiters, line breaks and doubled quotes) into rows that know their
 * line. A row whose quotes are wrong is refused alone: reading goes on at the line after its first.
 */
export function createCsvSplitter(delimiter: string): RowSplitter {
  return createRowSplitter((text, start, line, final) => {
    const ends = endOfLine(text, start) ?? (final ? { stop: text.length, next: text.length } : undefined);
    if (!ends) return undefined;
    const { stop, next } = ends;
    const first = text.slice(start, stop);
    if (first === '') return { end: next, lines: 1 };
    if (!first.includes('"')) return { row: toRow(first, first.split(delimiter), line), end: next, lines: 1 };
    const cells: string[] = [];
    const end = readCells(text, start, delimiter, cells);
    if (end !== 'bad' && end !== 'unclosed' && (end < text.length || final))
      return wholeRow(text, start, end, line, cells);
    if (end !== 'bad' && !final && text.length - start <= LONGEST_ROW) return undefined;
    const row =
      end === 'bad'
        ? refuse(line, 'BAD_QUOTE', 'A quoted cell goes on after its closing quote; a quote inside is written twice.')
        : refuse(line, 'UNCLOSED_QUOTE', 'A cell opens a quote that is never closed.');
    return { row, end: next, lines: 1 };
  });
}

function wholeRow(text: string, start: number, end: number, line: number, cells: readonly string[]): FoundRow {
  const newline = text[end] === '\n' ? 1 : 0;
  const whole = text.slice(start, end);
  return { row: toRow(whole, cells, line), end: end + newline, lines: countLineBreaks(whole) + newline };
}

/** Fills `cells`; answers where the row ends, before its line break. */
function readCells(text: string, start: number, delimiter: string, cells: string[]): number | 'unclosed' | 'bad' {
  for (let at = start; ; ) {
    let end: number;
    if (text[at] === '"') {
      const close = closingQuote(text, at);
      if (close === -1) return 'unclosed';
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
      end = close + 1;
      if (text[end] === '\r') end += 1;
    } else {
      end = endOfPlain(text, at, delimiter);
      const carriage = end > at && text[end] !== delimiter && text[end - 1] === '\r';
      cells.push(text.slice(at, carriage ? end - 1 : end));
    }
    if (end >= text.length || text[end] === '\n') return end;
    if (text[end] !== delimiter) return 'bad';
    at = end + 1;
  }
}

function endOfPlain(text: string, from: number, delimiter: string): number {
  const newline = text.indexOf('\n', from);
  const last = newline === -1 ? text.length : newline;
  const next = text.indexOf(delimiter, from);
  return next === -1 || next > last ? last : next;
}

/** The index of the quote that closes the cell opened at `open`; -1 when there is none. */
function closingQuote(text: string, open: number): number {
  for (let from = open + 1; ; ) {
    const close = text.indexOf('"', from);
    if (close === -1 || text[close + 1] !== '"') return close;
    from = close + 2;
  }
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
