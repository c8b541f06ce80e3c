import type { FindEnd } from './record-cutter';

/**
 * Finds the ends of the rows of CSV (RFC 4180). A quote opens only where a cell begins: elsewhere it is a character like
 * any other. No library is asked for this, since none goes on at the next line after a quote that is never closed.
 */
export function createCsvEnd(delimiter: string): FindEnd {
  return (text, start, lineEnd) => {
    if (!text.slice(start, lineEnd).includes('"')) return { kind: 'end', at: lineEnd };
    for (let at = start; ; at += 1) {
      at = text[at] === '"' ? endOfQuoted(text, at) : endOfPlain(text, at, delimiter);
      if (at >= text.length) return { kind: 'open', at };
      if (text[at] === '\n') return { kind: 'end', at };
      if (text[at] !== delimiter) return { kind: 'bad', at };
    }
  };
}

/** Behind the closing quote of the cell that begins at `start`, and behind the return of a line break. */
function endOfQuoted(text: string, start: number): number {
  let close = text.indexOf('"', start + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1) return text.length;
  const isBreak = text[close + 1] === '\r' && (text[close + 2] ?? '\n') === '\n';
  return close + (isBreak ? 2 : 1);
}

function endOfPlain(text: string, start: number, delimiter: string): number {
  const lineEnd = text.indexOf('\n', start);
  const stop = lineEnd === -1 ? text.length : lineEnd;
  // Not beyond the line: a search that finds nothing would cost the whole text for each row.
  const cell = text.slice(start, stop).indexOf(delimiter);
  return cell === -1 ? stop : start + cell;
}
