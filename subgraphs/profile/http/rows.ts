import { ItemFault } from '../domain/item-fault';
import { UnreadableRow } from '../domain/unreadable-row';

/** One row of a stream: the item that it holds, or why it holds none. */
export interface Row {
  /** The line on which it begins, from 1 on. */
  readonly line: number;
  readonly body: unknown;
}

/** Parts text into rows as it comes. What is not yet whole is kept, up to `LONGEST_ROW` characters. */
export interface RowSplitter {
  push(text: string): readonly Row[];
  /** What is left when no more comes. */
  end(): readonly Row[];
}

/** Rows that are longer are refused, so that no row takes all the memory. */
const LONGEST_ROW = 1024 * 1024;

const KEPT_CHARACTERS = 2000;

/** The refusal of a row's text. */
export function unreadable(message: string, text: string): UnreadableRow {
  return new UnreadableRow(new ItemFault('MALFORMED', '', message), text.slice(0, KEPT_CHARACTERS));
}

/** Where a row ends in `text`: just before `end`; the next one begins at `next`. */
export interface RowEnd {
  readonly end: number;
  readonly next: number;
}

/**
 * Splits by what `findEnd` says. A row whose end does not come within the longest row, or not at all, is refused alone:
 * reading goes on at the line after its first.
 */
export function createRowSplitter(
  findEnd: (text: string, start: number, final: boolean) => RowEnd | undefined,
  toBody: (text: string) => unknown,
): RowSplitter {
  let rest = '';
  let line = 1;
  // True while the end of a row that was refused for its length has not come.
  let skipping = false;

  const skip = (): void => {
    const ends = endOfLine(rest, 0);
    skipping = ends === undefined;
    rest = ends ? rest.slice(ends.next) : '';
    if (ends) line += 1;
  };
  const refuse = (start: number, { end, next }: RowEnd, hasEnd: boolean): unknown => {
    skipping = !hasEnd && next === rest.length;
    const reason = end - start > LONGEST_ROW ? 'The row is longer than a row may be.' : 'A quote is never closed.';
    return unreadable(reason, rest.slice(start, Math.min(end, start + KEPT_CHARACTERS)));
  };

  const take = (final: boolean): readonly Row[] => {
    if (skipping) skip();
    const rows: Row[] = [];
    let start = 0;
    while (start < rest.length) {
      const found = findEnd(rest, start, final);
      if (!found && !final && rest.length - start <= LONGEST_ROW) break;
      const firstLine = found ? undefined : endOfLine(rest, start);
      const bounds = found ?? firstLine ?? { end: rest.length, next: rest.length };
      const { end, next } = bounds;
      if (!found || end - start > LONGEST_ROW) {
        rows.push({ line, body: refuse(start, bounds, final || found !== undefined || firstLine !== undefined) });
      } else {
        const text = trimEnd(rest.slice(start, end));
        if (text !== '') rows.push({ line, body: toBody(text) });
      }
      line += countLines(rest, start, next);
      start = next;
    }
    rest = rest.slice(start);
    return rows;
  };

  return {
    push(text) {
      rest = rest === '' ? text : rest + text;
      return take(false);
    },
    end: () => take(true),
  };
}

/** The end of the line that begins at `start`; `undefined` when there is no line break after it. */
export function endOfLine(text: string, start: number): RowEnd | undefined {
  const end = text.indexOf('\n', start);
  return end < 0 ? undefined : { end, next: end + 1 };
}

/** NDJSON: one JSON value a line. */
export function createNdjsonSplitter(): RowSplitter {
  return createRowSplitter(
    (text, start, final) => endOfLine(text, start) ?? (final ? { end: text.length, next: text.length } : undefined),
    (text) => {
      try {
        return JSON.parse(text);
      } catch (error) {
        return unreadable(`The line is no JSON: ${(error as Error).message}.`, text);
      }
    },
  );
}

function trimEnd(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
