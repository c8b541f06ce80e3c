/** Why a row did not go in. `path` is the column, or the field of the item. */
export interface Refusal {
  readonly line: number;
  readonly code: string;
  readonly path?: string | undefined;
  readonly message: string;
}

/** What a row holds: the cells of CSV in their order, or the object of NDJSON. */
export type RowValue = readonly string[] | Readonly<Record<string, unknown>>;

/** One row as it was read, with the line that it begins on (from 1), or what is wrong with it. */
export type SourceRow =
  | { readonly kind: 'row'; readonly line: number; readonly value: RowValue }
  | ({ readonly kind: 'fault' } & Refusal);

/** Takes text piece by piece and gives the rows that are complete; `end` gives what was left. */
export interface RowSplitter {
  push(text: string): readonly SourceRow[];
  end(): readonly SourceRow[];
}

/** A row found in a text; `row` is absent for an empty line. */
export interface FoundRow {
  readonly row?: SourceRow;
  /** Where the next row begins. */
  readonly end: number;
  /** How many lines it took. */
  readonly lines: number;
}

/** The row that begins at `start` on `line`; `undefined` when more text is needed to tell. */
export type FindRow = (text: string, start: number, line: number, final: boolean) => FoundRow | undefined;

/** The longest row that is read, in characters: what bounds the memory of an import. */
export const LONGEST_ROW = 1_048_576;

/** A splitter of lines that `find` makes rows of. A line that is too long is refused, and what follows it is read. */
export function createRowSplitter(find: FindRow): RowSplitter {
  let text = '';
  let line = 1;
  let dropping = false;
  const drop = (): void => {
    const newline = text.indexOf('\n');
    text = newline === -1 ? '' : text.slice(newline + 1);
    if (newline === -1) return;
    dropping = false;
    line += 1;
  };
  const take = (final: boolean): readonly SourceRow[] => {
    if (dropping) drop();
    const rows: SourceRow[] = [];
    let start = 0;
    while (start < text.length) {
      const found = find(text, start, line, final);
      if (!found) break;
      if (found.row) rows.push(found.row);
      start = found.end;
      line += found.lines;
    }
    text = text.slice(start);
    if (text.length <= LONGEST_ROW) return rows;
    rows.push(refuse(line, 'ROW_TOO_LONG', `The row is longer than ${LONGEST_ROW} characters.`));
    dropping = true;
    drop();
    return rows;
  };
  return {
    push(piece) {
      text += piece;
      return take(false);
    },
    end: () => take(true),
  };
}

/** A row that is refused. */
export function refuse(line: number, code: string, message: string): SourceRow {
  return { kind: 'fault', line, code, message };
}

/** Where the line that begins at `start` ends, without its line break, and where the next begins. */
export function endOfLine(text: string, start: number): { readonly stop: number; readonly next: number } | undefined {
  const newline = text.indexOf('\n', start);
  if (newline === -1) return undefined;
  return { stop: newline > start && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline, next: newline + 1 };
}

/** The row, unless bytes of `text` could not be read in the encoding that was named. */
export function toRow(text: string, value: RowValue, line: number): SourceRow {
  if (!text.includes('\uFFFD')) return { kind: 'row', line, value };
  return refuse(line, 'BAD_ENCODING', 'The row holds bytes that are no text in this encoding; is the file latin1?');
}
