import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CsvReading, createCsvReader } from '../../../platform/rows/csv-reader';
import { LONGEST_ROW, type Row } from '../../../platform/rows/row';

type Rows = readonly Row<readonly string[]>[];

function read(pieces: readonly string[], reading?: CsvReading): Rows {
  const reader = createCsvReader(reading);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

const cellsOf = (rows: Rows) => rows.map((row) => (row.kind === 'row' ? row.value : row.code));
const linesOf = (rows: Rows) => rows.map(({ line }) => line);
const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Cuts a text at any places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '"', '\n', '\r\n', '\r', ' ', ';'), maxLength: 6 });
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));
const places = fc.array(fc.nat(200), { maxLength: 12 });

function linesBefore(records: readonly string[]): readonly number[] {
  let line = 1;
  return records.map((record) => {
    const own = line;
    line += record.split('\n').length;
    return own;
  });
}

describe('reading CSV', () => {
  it('P-6 any table comes back cell by cell with the line of each row, however the text is cut into pieces', () => {
    const breaks = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(table, breaks, fc.boolean(), fc.boolean(), places, (rows, lineBreak, last, mark, cuts) => {
        const records = rows.map((cells) =>
          cells.map((text) => (cells.length === 1 || /[",\r\n]/.test(text) ? quote(text) : text)).join(','),
        );
        const text = (mark ? '\uFEFF' : '') + records.join(lineBreak) + (last ? lineBreak : '');
        const found = read(cutAt(text, cuts), { delimiter: ',' });
        expect(cellsOf(found)).toEqual(rows);
        expect(linesOf(found)).toEqual(linesBefore(records));
      }),
      { numRuns: 1000 },
    );
  });

  it('P-3 broken rows cost themselves alone, wherever they stand', () => {
    const broken = fc.constantFrom(
      { text: 'x,"y"z', code: 'BAD_QUOTE' },
      { text: '"x" ,y', code: 'BAD_QUOTE' },
      { text: 'x', code: 'RAGGED_ROW' },
      { text: 'x,y,z', code: 'RAGGED_ROW' },
      { text: 'x,\uFFFD', code: 'BAD_ENCODING' },
    );
    const whole = fc.tuple(cell, cell).map((cells) => ({ text: cells.map(quote).join(','), cells }));
    fc.assert(
      fc.property(fc.array(fc.oneof(broken, whole), { maxLength: 8 }), places, (rows, cuts) => {
        const records = ['a,b', ...rows.map(({ text }) => text)];
        const found = read(cutAt(records.join('\n'), cuts));
        expect(cellsOf(found)).toEqual([['a', 'b'], ...rows.map((row) => ('cells' in row ? row.cells : row.code))]);
        expect(linesOf(found)).toEqual(linesBefore(records));
      }),
      { numRuns: 500 },
    );
  });

  it('P-3 any text at all reads the same however it is cut, and no line of it is read twice', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '"', '\n', '\r', '\0'), maxLength: 60 });
    fc.assert(
      fc.property(text, places, (any, cuts) => {
        const found = read([any], { delimiter: ',' });
        expect(read(cutAt(any, cuts), { delimiter: ',' })).toEqual(found);
        const lines = linesOf(found);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });

  it('P-3 a quote that is never closed costs its own row, and no other', () => {
    const found = read(['a,b\n1,"2\n3,4\n5,"six, seven"\n8,9\n']);
    expect(cellsOf(found)).toEqual([['a', 'b'], 'BAD_QUOTE', ['3', '4'], ['5', 'six, seven'], ['8', '9']]);
    expect(linesOf(found)).toEqual([1, 2, 3, 4, 5]);
    const open = read(['a,b\n1,"2\n3,4\n', '5,6']);
    expect(cellsOf(open)).toEqual([['a', 'b'], 'UNCLOSED_QUOTE', ['3', '4'], ['5', '6']]);
    expect(open[1]).toMatchObject({ text: '1,"2' });
  });

  it('a quote within a cell that does not begin with one is a character like any other', () => {
    expect(cellsOf(read(['RECORD 7" SINGLE,2\n "x" ,"y"\n']))).toEqual([
      ['RECORD 7" SINGLE', '2'],
      [' "x" ', 'y'],
    ]);
  });

  it('empty lines are no rows, but count as lines', () => {
    const found = read(['\na,b\n\n\r\n1,2']);
    expect(cellsOf(found)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(linesOf(found)).toEqual([2, 5]);
  });

  it('a row without end is refused in bounded memory, and what follows it is read', () => {
    const piece = 'x'.repeat(300_000);
    const found = read(['a,b\n', piece, piece, piece, piece, piece, ',1\n2,3\n']);
    expect(cellsOf(found)).toEqual([['a', 'b'], 'ROW_TOO_LONG', ['2', '3']]);
    expect(linesOf(found)).toEqual([1, 2, 3]);
    const open = read(['a,b\n', `1,"${piece}\n`, piece, piece, `${piece},4\n2,3\n`, 'y,z\n']);
    expect(open.map((row) => (row.kind === 'row' ? row.value.length : row.code))).toEqual([
      2,
      'UNCLOSED_QUOTE',
      2,
      2,
      2,
    ]);
    expect(linesOf(open)).toEqual([1, 2, 3, 4, 5]);
  });

  it('the longest row is read, one that is longer by a character is not, in one piece or in many', () => {
    const longest = `${'x'.repeat(LONGEST_ROW - 2)},y`;
    const quoted = `"${`${'x'.repeat(1023)}\n`.repeat(1023)}${'x'.repeat(1020)}",y`;
    for (const [row, code] of [
      [longest, undefined],
      [`x${longest}`, 'ROW_TOO_LONG'],
      [quoted, undefined],
      [`"x${quoted.slice(1)}`, 'UNCLOSED_QUOTE'],
    ] as const) {
      const text = `a,b\n${row}\n1,2`;
      for (const pieces of [[text], text.match(/.{1,100000}/gs) ?? []]) {
        const [, found, ...after] = read(pieces, { delimiter: ',' });
        expect(found?.kind === 'fault' ? found.code : undefined).toBe(code);
        expect(after.at(-1)).toMatchObject({ value: ['1', '2'] });
      }
    }
  });

  it('the delimiter is the one that is given, or the one that the first line speaks for', () => {
    expect(cellsOf(read(['a;"b;c";d\n'], { delimiter: ';' }))).toEqual([['a', 'b;c', 'd']]);
    expect(cellsOf(read(['\n"a,b";c\n1;2']))).toEqual([
      ['a,b', 'c'],
      ['1', '2'],
    ]);
    expect(cellsOf(read(['a\tb|c\n']))).toEqual([['a', 'b|c']]);
    expect(cellsOf(read(['a\n1;2']))).toEqual([['a'], ['1;2']]);
  });

  it('a row is as wide as the first, or as it is told to be', () => {
    expect(cellsOf(read(['1,2\n3']))).toEqual([['1', '2'], 'RAGGED_ROW']);
    expect(cellsOf(read(['1,2\n3'], { width: 1, delimiter: ',' }))).toEqual(['RAGGED_ROW', ['3']]);
  });
});
