import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCsvSplitter } from '../../app/cli/import/csv-rows';
import { LONGEST_ROW, type SourceRow } from '../../app/cli/import/source-row';

function split(pieces: readonly string[], delimiter = ','): readonly SourceRow[] {
  const splitter = createCsvSplitter(delimiter);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

const cellsOf = (rows: readonly SourceRow[]) => rows.map((row) => (row.kind === 'row' ? row.value : row.code));
const linesOf = (rows: readonly SourceRow[]) => rows.map(({ line }) => line);

describe('reading CSV', () => {
  it('P-6 any table comes back cell by cell with the line of each row, however the text is cut into pieces', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r\n', ' ', ';'), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const breaks = fc.constantFrom('\n', '\r\n');
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(table, breaks, fc.boolean(), fc.integer({ min: 1, max: 7 }), (rows, lineBreak, last, size) => {
        const records = rows.map((cells) =>
          cells.map((text) => (/[",\r\n]/.test(text) ? quote(text) : text)).join(','),
        );
        const text = records.join(lineBreak) + (last ? lineBreak : '');
        const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
        const found = split(pieces);
        expect(cellsOf(found)).toEqual(rows);
        let line = 1;
        const lines = records.map((record) => {
          const own = line;
          line += record.split('\n').length;
          return own;
        });
        expect(linesOf(found)).toEqual(lines);
      }),
      { numRuns: 500 },
    );
  });

  it('P-3 a quote that is never closed costs its own row, and no other', () => {
    const found = split(['a,b\n1,"2\n3,4\n5,"six, seven"\n8,9\n']);
    expect(cellsOf(found)).toEqual([['a', 'b'], 'BAD_QUOTE', ['3', '4'], ['5', 'six, seven'], ['8', '9']]);
    expect(linesOf(found)).toEqual([1, 2, 3, 4, 5]);
    expect(cellsOf(split(['a,b\n1,"2\n3,4\n', '5,6']))).toEqual([['a', 'b'], 'UNCLOSED_QUOTE', ['3', '4'], ['5', '6']]);
  });

  it('a quote within a cell that does not begin with one is a character like any other', () => {
    expect(cellsOf(split(['RECORD 7" SINGLE,2\n']))).toEqual([['RECORD 7" SINGLE', '2']]);
  });

  it('empty lines are no rows, but count as lines', () => {
    const found = split(['a,b\n\n\r\n1,2']);
    expect(cellsOf(found)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(linesOf(found)).toEqual([1, 4]);
  });

  it('a row without end is refused in bounded memory, and what follows it is read', () => {
    const piece = 'x'.repeat(300_000);
    const found = split(['a,b\n', piece, piece, piece, piece, piece, ',1\n2,3\n']);
    expect(cellsOf(found)).toEqual([['a', 'b'], 'ROW_TOO_LONG', ['2', '3']]);
    expect(linesOf(found)).toEqual([1, 2, 3]);
    const open = split([`a,b\n"${piece}\n`, piece, piece, `${piece}\n2,3\n`, 'y\n']);
    expect(open.map((row) => (row.kind === 'row' ? row.value.length : row.code))).toEqual([
      2,
      'UNCLOSED_QUOTE',
      1,
      2,
      1,
    ]);
    expect(LONGEST_ROW).toBeLessThan(1_200_000);
  });

  it('the delimiter may be another character', () => {
    expect(cellsOf(split(['a;"b;c";d\n'], ';'))).toEqual([['a', 'b;c', 'd']]);
  });
});
