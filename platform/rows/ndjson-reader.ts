import { createRecordCutter, type RecordText } from './record-cutter';
import { encodingFault, type Row, type RowReader, rowFault } from './row';

/**
 * Reads NDJSON: a value on each line. A line of blanks is no row.
 * @param checkEncoding refuses U+FFFD, which JSON may hold by right but mostly stands for bytes that are no text
 */
export function createNdjsonReader({ checkEncoding }: { readonly checkEncoding: boolean }): RowReader<unknown> {
  const cut = createRecordCutter((_text, _start, lineEnd) => ({ kind: 'end', at: lineEnd }));
  const read = (piece: string, final: boolean): readonly Row<unknown>[] =>
    cut(piece, final)
      .filter(({ text }) => text.trim() !== '')
      .map((found) => (found.kind === 'text' ? toRow(found, checkEncoding) : found));
  return { push: (piece) => read(piece, false), end: () => read('', true) };
}

function toRow({ line, text }: RecordText, checkEncoding: boolean): Row<unknown> {
  const fault = checkEncoding ? encodingFault(line, text) : undefined;
  if (fault) return fault;
  try {
    return { kind: 'row', line, value: JSON.parse(text) as unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return rowFault(line, 'BAD_JSON', `The line is no JSON: ${reason}.`, text);
  }
}
