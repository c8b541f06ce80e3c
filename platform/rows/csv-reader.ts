import { parse } from 'csv-parse/sync';
import { guessDelimiter } from './csv-delimiter';
import { createCsvEnd } from './csv-end';
import { createRecordCutter, type RecordText } from './record-cutter';
import { encodingFault, type Row, type RowFault, type RowReader, rowFault } from './row';

/** How CSV is to be read. */
export interface CsvReading {
  /** One character; when it is not given, the first line tells. */
  readonly delimiter?: string | undefined;
  /** How many cells a row has; when it is not given, the first row tells. */
  readonly width?: number | undefined;
}

type Cells = readonly string[];

/** Reads CSV (RFC 4180) into cells. The first row is a row like any other. */
export function createCsvReader(reading: CsvReading = {}): RowReader<Cells> {
  let { delimiter, width } = reading;
  let findEnd = delimiter === undefined ? undefined : createCsvEnd(delimiter);
  const cut = createRecordCutter((text, start, lineEnd) => {
    if (!findEnd) {
      const line = text.slice(start, lineEnd);
      if (line.trim() === '') return { kind: 'end', at: lineEnd };
      delimiter = guessDelimiter(line);
      findEnd = createCsvEnd(delimiter);
    }
    return findEnd(text, start, lineEnd);
  });
  const toRow = (record: RecordText, cells: Cells | undefined): Row<Cells> => {
    const { line, text } = record;
    if (!cells) return rowFault(line, 'BAD_QUOTE', 'The quotes of the row cannot be told apart.', text);
    width ??= cells.length;
    const fault = encodingFault(line, text);
    if (fault || cells.length === width) return fault ?? { kind: 'row', line, value: cells };
    return rowFault(line, 'RAGGED_ROW', `The row has ${cells.length} cells; there are ${width} columns.`, text);
  };
  const read = (piece: string, final: boolean): readonly Row<Cells>[] => {
    const found = cut(piece, final);
    const cells = readCells(found.filter(isText), delimiter ?? ',');
    let next = 0;
    return found.map((each) => (isText(each) ? toRow(each, cells[next++]) : each));
  };
  return { push: (piece) => read(piece, false), end: () => read('', true) };
}

function isText(found: RecordText | RowFault): found is RecordText {
  return found.kind === 'text';
}

// All at once, for speed. Where the library sees other rows than were cut, each alone: `undefined` is no row to it.
function readCells(records: readonly RecordText[], delimiter: string): readonly (Cells | undefined)[] {
  const rows = parseCells(records.map(({ text }) => text).join('\n'), delimiter);
  if (rows.length === records.length) return rows;
  return records.map(({ text }) => {
    const [cells, ...others] = parseCells(text, delimiter);
    return others.length === 0 ? cells : undefined;
  });
}

function parseCells(text: string, delimiter: string): readonly Cells[] {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_quotes: true, relax_column_count: true });
  } catch {
    return [];
  }
}
